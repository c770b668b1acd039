package dev.backstay.diagnosis;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/** Does each address take a connection? All are asked at the same time. */
final class Addresses {

    static final String STEP = "addresses";

    /** Covers two lost SYN packets (1 s and 3 s, RFC 6298). */
    private static final Duration LIMIT = Duration.ofMillis(3_500);

    private Addresses() {}

    private record Tried(InetSocketAddress address, long nanos, String problem) {
        boolean connects() {
            return problem.isEmpty();
        }

        String told() {
            String name = address.getAddress().getHostAddress();
            return connects() ? name + " " + nanos / 1_000_000 + " ms" : name + " " + problem;
        }
    }

    static void look(Examination exam) throws InterruptedException {
        exam.begin();
        List<Future<Tried>> asked = new ArrayList<>();
        for (InetAddress each : exam.addresses) {
            InetSocketAddress address =
                    new InetSocketAddress(each, exam.patient().firstPort());
            asked.add(exam.helpers().submit(() -> ask(exam, address)));
        }
        List<Tried> all = new ArrayList<>();
        for (Future<Tried> each : asked) {
            try {
                all.add(each.get());
            } catch (ExecutionException unexpected) {
                throw new IllegalStateException("asking an address failed", unexpected);
            }
        }
        List<Tried> good = all.stream()
                .filter(Tried::connects)
                .sorted(Comparator.comparingLong(Tried::nanos))
                .toList();
        String told = all.stream().map(Tried::told).collect(Collectors.joining(", "));
        int port = exam.patient().firstPort();
        if (good.isEmpty()) {
            boolean refused = all.stream().anyMatch(each -> each.problem.startsWith("refuses"));
            exam.fail(
                    STEP,
                    "none of " + all.size() + " takes a connection on port " + port + ": " + told,
                    refused
                            ? "nothing listens there: check the port, and whether a firewall rejects it"
                            : "packets get lost: check firewalls, security groups, routes and the VPN");
            return;
        }
        exam.reachable = Optional.of(good.get(0).address);
        exam.connecting = Optional.of(Duration.ofNanos(good.get(0).nanos));
        String what = good.size() + " of " + all.size() + " take a connection on port " + port + ": " + told;
        if (good.size() < all.size()) {
            exam.warn(
                    STEP,
                    what,
                    "clients that try one address only fail by chance: see why those are not reached (routes, firewall, IPv6),"
                            + " and tell the provider if it is not you");
        } else {
            exam.pass(STEP, what);
        }
    }

    private static Tried ask(Examination exam, InetSocketAddress address) {
        long from = exam.clock().nanos();
        try (Socket socket = new Socket()) {
            socket.connect(address, (int) LIMIT.toMillis());
            return new Tried(address, exam.clock().nanos() - from, "");
        } catch (SocketTimeoutException silent) {
            return new Tried(address, 0, "is silent");
        } catch (IOException refused) {
            return new Tried(address, 0, "refuses (" + refused.getMessage() + ")");
        }
    }
}
