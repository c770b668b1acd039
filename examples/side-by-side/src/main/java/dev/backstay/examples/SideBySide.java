package dev.backstay.examples;

import dev.backstay.client.Backstay;
import dev.backstay.client.Clocks;
import dev.backstay.testkit.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Each host with its defaults and on Backstay, against a provider of its own that fails in the same way, over real sockets. Prints a
 * table in Markdown. Arguments: seconds of load for each profile (120), and profiles (flaky, brownout, outage, ratelimit).
 */
public final class SideBySide {

    /** Who has no answer by then has left. */
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private static final double CALLS_PER_SECOND = 5;

    /** About ten thousand tokens, so that the limits of a fresh account are met. */
    private static final int LONG_QUESTION = 40_000;

    private static final ExecutorService THREADS = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "caller");
        thread.setDaemon(true);
        return thread;
    });

    /** What became of one call. */
    private record Ending(boolean whole, boolean half, double seconds) {}

    /** What became of all of them. */
    private record Row(String host, boolean reliable, List<Ending> endings, double attempts) {
        private double share() {
            return 100.0 * endings.stream().filter(Ending::whole).count() / endings.size();
        }

        private long half() {
            return endings.stream().filter(Ending::half).count();
        }

        private double p99() {
            List<Double> sorted = endings.stream().map(Ending::seconds).sorted().toList();
            return sorted.get((int) Math.ceil(0.99 * sorted.size()) - 1);
        }
    }

    private SideBySide() {}

    public static void main(String[] args) throws Exception {
        int seconds = args.length > 0 ? Integer.parseInt(args[0]) : 120;
        List<String> profiles = args.length > 1
                ? List.of(args).subList(1, args.length)
                : List.of("flaky", "brownout", "outage", "ratelimit");
        System.out.println(
                "| profile | host | by itself: answered whole | attempts per call | p99 | half taken for whole"
                        + " | on Backstay: answered whole | attempts per call | p99 | half taken for whole |");
        System.out.println("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|");
        boolean lost = false;
        for (String profile : profiles) {
            lost |= play(profile, seconds);
        }
        System.exit(lost ? 1 : 0);
    }

    private static boolean play(String profile, int seconds) throws Exception {
        List<Future<Row>> rows = new ArrayList<>();
        for (Hosts host : Hosts.values()) {
            for (boolean reliable : new boolean[] {false, true}) {
                rows.add(THREADS.submit(() -> run(host, reliable, profile, seconds)));
            }
        }
        boolean lost = false;
        for (int i = 0; i < rows.size(); i += 2) {
            Row alone = rows.get(i).get();
            Row ours = rows.get(i + 1).get();
            System.out.printf(Locale.ROOT, "| %s | %s | %s | %s |%n", profile, alone.host, cells(alone), cells(ours));
            lost |= ours.share() < alone.share() || ours.half() > 0;
        }
        return lost;
    }

    private static String cells(Row row) {
        return String.format(
                Locale.ROOT, "%.1f %% | %.2f | %.1f s | %d", row.share(), row.attempts, row.p99(), row.half());
    }

    private static Row run(Hosts which, boolean reliable, String profile, int seconds) throws Exception {
        try (Simulation fireworks = Simulation.start(profile, profile.equals("outage") ? "170s" : "0s");
                Backstay backstay = Backstay.builder()
                        .baseUrl(fireworks.baseUrl())
                        .apiKey(Hosts.KEY)
                        .timeouts(Clocks.within(PATIENCE).withAnswer(Duration.ofSeconds(30)))
                        .build()) {
            Host host = reliable ? which.on(backstay) : which.byItself(fireworks.baseUrl());
            String question = profile.equals("ratelimit") ? "x".repeat(LONG_QUESTION) : "What is a backstay?";
            List<Future<Ending>> calls = new ArrayList<>();
            SplittableRandom random = new SplittableRandom(7);
            long next = System.nanoTime();
            for (int i = 0; i < seconds * CALLS_PER_SECOND; i++) {
                next += (long) (-Math.log(1 - random.nextDouble()) / CALLS_PER_SECOND * 1e9);
                TimeUnit.NANOSECONDS.sleep(next - System.nanoTime());
                boolean streamed = i % 2 == 0;
                calls.add(THREADS.submit(() -> call(host, question, streamed)));
            }
            List<Ending> endings = new ArrayList<>();
            for (Future<Ending> call : calls) {
                endings.add(call.get());
            }
            return new Row(which.label(), reliable, endings, (double) fireworks.requests() / calls.size());
        }
    }

    private static Ending call(Host host, String question, boolean streamed) {
        long start = System.nanoTime();
        CompletableFuture<Host.Said> answer = new CompletableFuture<>();
        Future<?> work = THREADS.submit(() -> {
            try {
                answer.complete(host.ask(question, streamed));
            } catch (Exception failed) {
                answer.completeExceptionally(failed);
            }
        });
        Host.Said said = new Host.Said("", false);
        boolean handedOver = false;
        try {
            said = answer.get(PATIENCE.toSeconds() + 1, TimeUnit.SECONDS);
            handedOver = true;
        } catch (TimeoutException left) {
            work.cancel(true);
        } catch (Exception failed) {
            // the host said so
        }
        return new Ending(
                handedOver && said.finished(), handedOver && !said.finished(), (System.nanoTime() - start) / 1e9);
    }
}
