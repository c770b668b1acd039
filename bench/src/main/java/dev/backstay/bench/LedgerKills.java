package dev.backstay.bench;

import dev.backstay.core.Attempt;
import dev.backstay.core.Backoff;
import dev.backstay.core.Call;
import dev.backstay.core.Engine;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Request;
import dev.backstay.core.RetryPolicy;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.core.Target;
import dev.backstay.core.Workload;
import dev.backstay.ledger.AttemptTally;
import dev.backstay.ledger.CallKeeper;
import dev.backstay.ledger.Keeping;
import dev.backstay.ledger.Ledger;
import java.io.BufferedReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Kills a process that writes 2,000 calls a second into a ledger, at random moments, with the signal that nobody hears; then the file
 * must be whole, and have everything but the last moment.
 */
public final class LedgerKills {

    /** It writes each second, and opening and writing take their time, on a machine whose cores do nothing else. */
    private static final Duration LAST_MOMENT = Duration.ofMillis(1_500);

    private static final Duration SHORTEST_LIFE = Duration.ofMillis(100);
    private static final Duration LONGEST_LIFE = Duration.ofMillis(3_500);

    private static final int CALLS_A_BEAT = 40;
    private static final long BEAT_NANOS = 20_000_000L;
    private static final Target TARGET = new Target("api.test:443", "demo");

    private LedgerKills() {}

    private record Told(long nanos, long count) {}

    /** {@code [KILLS [SEED]]}; exits with 1 if a file was broken, or lacks more than the last moment. */
    public static void main(String[] args) throws Exception {
        if (args.length == 3 && args[0].equals("write")) {
            write(args[1], args[2]);
            return;
        }
        int kills = args.length > 0 ? Integer.parseInt(args[0]) : 200;
        SplittableRandom chance = new SplittableRandom(args.length > 1 ? Long.parseLong(args[1]) : 1);
        System.exit(run(kills, chance, System.out) ? 0 : 1);
    }

    /** Whether all went well, where what was counted in the last moment before a kill may be lost. */
    private static boolean run(int kills, SplittableRandom chance, PrintStream out) throws Exception {
        Path file = Files.createTempDirectory("ledger-kills").resolve("ledger.db");
        long atLeast = 0;
        long atMost = 0;
        for (int kill = 1; kill <= kills; kill++) {
            long lifeMillis = chance.nextLong(SHORTEST_LIFE.toMillis(), LONGEST_LIFE.toMillis());
            Told[] bounds = killOne(file, "writer-" + kill, lifeMillis);
            atLeast += bounds[0].count;
            atMost += bounds[1].count;
            String integrity = integrity(file);
            if (!integrity.equals("ok")) {
                out.println("after kill " + kill + " the file is broken: " + integrity);
                return false;
            }
        }
        long kept;
        try (Ledger ledger = Ledger.existing(file.toString())) {
            kept = ledger.tallies().attempts(0, Long.MAX_VALUE).stream()
                    .mapToLong(AttemptTally::attempts)
                    .sum();
        }
        out.printf(
                Locale.ROOT,
                "%d kills, the file whole after each; %,d attempts in it, of %,d told %.1f s before the kills and at most %,d at the kills%n",
                kills,
                kept,
                atLeast,
                lastMomentNanos() / 1e9,
                atMost);
        return kept >= atLeast && kept <= atMost;
    }

    /** Where more threads want to run than there are cores, each takes that much longer. */
    private static long lastMomentNanos() {
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        double factor = Math.max(1, load / Runtime.getRuntime().availableProcessors());
        return (long) (factor * LAST_MOMENT.toNanos());
    }

    /** What it had counted a moment before it was killed, and the most that it can have counted. */
    private static Told[] killOne(Path file, String source, long afterMillis) throws Exception {
        Process writer = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LedgerKills.class.getName(),
                        "write",
                        file.toString(),
                        source)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Deque<Told> told = new ArrayDeque<>(List.of(new Told(System.nanoTime(), 0)));
        long killed = Long.MAX_VALUE;
        try (BufferedReader lines = writer.inputReader(StandardCharsets.US_ASCII)) {
            Told last = told.getLast();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last = new Told(System.nanoTime(), Long.parseLong(line));
                told.add(last);
                if (killed == Long.MAX_VALUE) {
                    killed = last.nanos + TimeUnit.MILLISECONDS.toNanos(afterMillis);
                } else if (last.nanos >= killed && writer.isAlive()) {
                    writer.toHandle().destroyForcibly(); // the process itself would close what it has still to say
                    killed = System.nanoTime();
                }
            }
            writer.waitFor();
            long at = killed;
            Told before = told.stream()
                    .filter(each -> at - each.nanos >= lastMomentNanos())
                    .reduce((one, other) -> other)
                    .orElse(told.getFirst());
            return new Told[] {before, new Told(last.nanos, last.count + 10L * CALLS_A_BEAT)};
        }
    }

    private static String integrity(Path file) throws Exception {
        if (!Files.exists(file)) {
            return "ok"; // killed before it was made
        }
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                ResultSet row = connection.createStatement().executeQuery("PRAGMA integrity_check")) {
            return row.getString(1);
        }
    }

    private static void write(String file, String source) {
        CallKeeper keeper = CallKeeper.start(
                file,
                new Keeping(Duration.ofSeconds(10), 0.2, Duration.ofDays(7), Duration.ofDays(90), 1L << 30),
                source,
                InstantSource.system());
        Engine engine = new Engine(new RetryPolicy(6, Duration.ofMinutes(2), Backoff.DEFAULT), keeper.listener());
        SplittableRandom random = new SplittableRandom(1);
        long count = 0;
        while (true) {
            for (int i = 0; i < CALLS_A_BEAT; i++) {
                call(engine, source + "-" + count++, random);
            }
            System.out.println(count);
            LockSupport.parkNanos(BEAT_NANOS);
        }
    }

    private static void call(Engine engine, String id, SplittableRandom random) {
        long now = System.nanoTime();
        Request request =
                Request.arriving(id, TARGET, Workload.INTERACTIVE, Workload.INTERACTIVE.timeouts(), true, now);
        Call call = engine.newCall(request, () -> {}, random);
        Attempt attempt = ((Step.Send) call.on(Signal.STARTED, now)).attempt();
        call.on(new Signal.Entered(attempt, Phase.SENDING), now);
        call.on(new Signal.Entered(attempt, Phase.AWAITING), now);
        call.on(new Signal.FirstEvent(attempt), now);
        call.on(new Signal.Ended(attempt, Outcome.Completed.UNCOUNTED), now);
    }
}
