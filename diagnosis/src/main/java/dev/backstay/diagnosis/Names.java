package dev.backstay.diagnosis;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/** What does the name stand for, in both families, and how long does that take to find out? */
final class Names {

    static final String STEP = "names";

    /** Twice what resolvers usually wait for one server. */
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** A lookup that takes longer costs every new connection as much. */
    private static final Duration SLOW = Duration.ofMillis(500);

    private Names() {}

    static void look(Examination exam, Doctor.Lookup names) throws InterruptedException {
        String host = exam.patient().firstHost();
        exam.begin();
        Future<InetAddress[]> lookup = exam.helpers().submit(() -> names.all(host));
        try {
            exam.addresses = List.of(lookup.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException silent) {
            exam.fail(
                    STEP,
                    "no answer to the name " + host + " within " + LIMIT.toSeconds() + " s",
                    "check that this machine reaches its name servers (/etc/resolv.conf), and the VPN");
            return;
        } catch (ExecutionException failed) {
            exam.fail(
                    STEP,
                    "the name " + host + " has no address"
                            + (failed.getCause() instanceof UnknownHostException ? "" : ": " + failed.getCause()),
                    "check the spelling of the URL, and the name servers of this machine (/etc/resolv.conf)");
            return;
        }
        String all = Arrays.stream(exam.addresses.toArray(new InetAddress[0]))
                .map(InetAddress::getHostAddress)
                .collect(Collectors.joining(", "));
        long six =
                exam.addresses.stream().filter(Inet6Address.class::isInstance).count();
        String what = host.equals(all)
                ? host + " is an address"
                : host + " is " + all + " (" + (exam.addresses.size() - six) + " IPv4, " + six + " IPv6)";
        if (exam.took().compareTo(SLOW) > 0) {
            exam.warn(
                    STEP,
                    what + ", after " + exam.took().toMillis() + " ms",
                    "every new connection waits so long: use a name server that is nearer, or one that caches");
        } else {
            exam.pass(STEP, what);
        }
    }
}
