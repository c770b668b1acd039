package dev.backstay.bench;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What forwarding costs: gateways side by side, each a process pinned on the first core, the callers and the API on the second.
 *
 * <pre>
 *   callers (this process, core 1) ──▶ gateway (core 0) ──▶ StubUpstream (a process, core 1)
 * </pre>
 *
 * <p>Everything is measured in rounds, each gateway after the other within one, and the medians over the rounds are shown: on a noisy
 * machine only ratios within one run say something.
 */
public final class GatewayBench {

    /** About 1 KB. */
    static final String CHAT =
            "{\"model\":\"m\",\"max_tokens\":200,\"messages\":[{\"role\":\"system\",\"content\":\"You are brief.\"},"
                    + "{\"role\":\"user\",\"content\":\"" + "What holds the mast up from behind? ".repeat(24) + "\"}]}";

    private static final int CONNECTIONS = 64;
    private static final int STREAMS = 500;

    /** Rounds that do not count: a JVM compiles anew when other work comes, a few times. */
    private static final int TURNS_TO_WARM_UP = 3;

    private static final int GAP_MILLIS = 50;
    private static final double NANOS_PER_MICRO = 1e3;

    private final Map<String, String> notHere = new LinkedHashMap<>();
    private final List<Contestant> contestants = new ArrayList<>();
    private final Map<String, GatewayScore> scores = new LinkedHashMap<>();
    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final GatewayBenchOptions options;
    private final PrintStream log = System.err;

    private GatewayBench(GatewayBenchOptions options) {
        this.options = options;
    }

    /** {@code upstream}: only the API, printing its port. Else runs the whole and prints the report. */
    public static void main(String[] args) throws Exception {
        if (args.length > 0 && args[0].equals("upstream")) {
            EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
            InetSocketAddress where = (InetSocketAddress)
                    StubUpstream.start(loop, EpollServerSocketChannel.class).localAddress();
            System.out.println(where.getPort());
            loop.terminationFuture().await();
            return;
        }
        GatewayBenchOptions options = GatewayBenchOptions.parse(args);
        GatewayBench bench = new GatewayBench(options);
        try {
            bench.run();
        } finally {
            bench.contestants.forEach(Contestant::close);
            bench.loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    private void run() throws Exception {
        Process upstream = new ProcessBuilder(
                        "taskset",
                        "-c",
                        "1",
                        ProcessHandle.current().info().command().orElse("java"),
                        "-XX:+UseSerialGC",
                        "-Xmx1g",
                        "-cp",
                        System.getProperty("java.class.path"),
                        GatewayBench.class.getName(),
                        "upstream")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader said =
                new BufferedReader(new InputStreamReader(upstream.getInputStream(), StandardCharsets.UTF_8))) {
            int upstreamPort = Integer.parseInt(said.readLine());
            contestants.add(Contestant.direct(upstreamPort));
            scores.put("direct", new GatewayScore("direct"));
            start(upstreamPort);
            for (int round = -TURNS_TO_WARM_UP; round <= options.rounds(); round++) {
                log.println(round <= 0 ? "warming up" : "round " + round + " of " + options.rounds());
                round(round > 0);
            }
            for (int streams : options.manyStreams()) {
                for (Contestant contestant : contestants) {
                    many(contestant, streams);
                }
            }
            GatewayReport.write(scores.values(), notHere, options);
        } finally {
            upstream.destroyForcibly();
        }
    }

    private void start(int upstreamPort) throws Exception {
        Path work = Files.createTempDirectory("gateway-bench");
        for (String name : options.names()) {
            Optional<Contestant> started = Contestant.start(options.folder(), name, upstreamPort, work);
            if (started.isEmpty()) {
                notHere.put(
                        name,
                        Files.readString(work.resolve(name).resolve("prepare.log"))
                                .strip());
                log.println(name + " is skipped: " + notHere.get(name));
                continue;
            }
            Contestant contestant = started.get();
            contestants.add(contestant);
            GatewayScore score = new GatewayScore(name);
            scores.put(name, score);
            score.put(GatewayScore.READY_SECONDS, contestant.readySeconds());
            TimeUnit.SECONDS.sleep(2);
            score.put(GatewayScore.IDLE_MIB, contestant.residentMib());
            log.printf("%s: ready after %.2f s, %.0f MiB%n", name, contestant.readySeconds(), contestant.residentMib());
        }
    }

    private void round(boolean counts) throws Exception {
        for (Contestant contestant : contestants) {
            GatewayScore score = score(contestant.name());
            saturate(contestant, score, counts);
            if (!options.saturationOnly()) {
                rate(contestant, score, counts);
                streams(contestant, score, counts);
            }
        }
    }

    private GatewayScore score(String name) {
        return Objects.requireNonNull(scores.get(name), name);
    }

    private void saturate(Contestant contestant, GatewayScore score, boolean counts) throws Exception {
        try (LoadGenerator load = load(contestant.port(), contestant.headers())) {
            long millis = counts ? options.millis() : options.warmUpMillis();
            long before = contestant.cpuNanos();
            LoadGenerator.Result result = load.saturate(millis);
            long used = contestant.cpuNanos() - before;
            if (counts) {
                cpu(contestant, GatewayScore.CPU_PER_REQUEST, used, result.answered());
                score.put(GatewayScore.REQUESTS_PER_SECOND, result.answered() * 1e3 / millis);
                score.add(GatewayScore.FAILED, result.failed());
            }
        }
    }

    private void cpu(Contestant contestant, String figure, long nanos, long times) {
        if (contestant.isThere()) {
            double micros = nanos / NANOS_PER_MICRO / Math.max(1, times);
            log.printf("  %s: %.1f µs of %s%n", contestant.name(), micros, figure);
            score(contestant.name()).put(figure, micros);
        }
    }

    private void rate(Contestant contestant, GatewayScore score, boolean counts) throws Exception {
        try (LoadGenerator load = load(contestant.port(), contestant.headers())) {
            long before = contestant.cpuNanos();
            LoadGenerator.Result result = load.atRate(options.rate(), options.millis());
            double percent = (contestant.cpuNanos() - before) / (options.millis() * 1e6) * 100;
            if (counts) {
                if (contestant.isThere()) {
                    score.put(GatewayScore.CORE_PERCENT, percent);
                }
                log.printf(
                        "  %s: p99 %.2f ms and %.1f %% of a core at %,d/s%n",
                        contestant.name(), result.micros().getValueAtPercentile(99) / 1e3, percent, options.rate());
                score.put(GatewayScore.P50_MILLIS, result.micros().getValueAtPercentile(50) / 1e3);
                score.put(GatewayScore.P99_MILLIS, result.micros().getValueAtPercentile(99) / 1e3);
                score.add(GatewayScore.FAILED, result.failed());
            }
        }
    }

    private LoadGenerator load(int port, String headers) {
        LoadGenerator load = new LoadGenerator(loop, EpollSocketChannel.class, port, headers, CHAT);
        load.connect(CONNECTIONS);
        return load;
    }

    private void streams(Contestant contestant, GatewayScore score, boolean counts) throws Exception {
        try (StreamCallers callers = new StreamCallers(loop, EpollSocketChannel.class, contestant.port())) {
            long millis = counts ? options.millis() : options.warmUpMillis();
            int events = (int) (millis + 1_500) / GAP_MILLIS;
            callers.open(STREAMS, streamRequest(contestant, events, GAP_MILLIS), 1_000);
            callers.forgetLateness();
            long before = contestant.cpuNanos();
            TimeUnit.MILLISECONDS.sleep(millis);
            long used = contestant.cpuNanos() - before;
            long came = callers.events();
            StreamCallers.Result result = callers.await(10_000);
            if (counts) {
                cpu(contestant, GatewayScore.CPU_PER_EVENT, used, came);
                score.put(GatewayScore.LATE_P99_MILLIS, result.lateMicros().getValueAtPercentile(99) / 1e3);
                score.add(GatewayScore.LOST, result.lost() + (long) (STREAMS - result.ended()) * events);
            }
        }
    }

    /** So many streams at once, an event a second each: what each takes of memory, and whether any is late. */
    private void many(Contestant contestant, int streams) throws Exception {
        GatewayScore score = score(contestant.name());
        log.println(contestant.name() + ": " + streams + " streams");
        double before = contestant.residentMib();
        try (StreamCallers callers = new StreamCallers(loop, EpollSocketChannel.class, contestant.port())) {
            int spread = Math.max(2_000, streams);
            int events = spread / 1_000 + 15;
            callers.open(streams, streamRequest(contestant, events, 1_000), spread);
            TimeUnit.SECONDS.sleep(2);
            callers.forgetLateness();
            TimeUnit.SECONDS.sleep(8);
            double during = contestant.residentMib();
            StreamCallers.Result result = callers.await(40_000);
            String of = GatewayScore.of(streams);
            if (contestant.isThere()) {
                score.put(GatewayScore.STREAM_KIB + of, (during - before) * 1024 / streams);
            }
            score.put(GatewayScore.LATE_P99_MILLIS + of, result.lateMicros().getValueAtPercentile(99) / 1e3);
            score.put(GatewayScore.LOST + of, result.lost() + (long) (streams - result.ended()));
        }
        TimeUnit.SECONDS.sleep(1);
    }

    private static ByteBuf streamRequest(Contestant contestant, int events, int gapMillis) {
        String body = CHAT.replace(
                "\"model\":\"m\",", "\"model\":\"m\",\"stream\":true,\"user\":\"" + events + " " + gapMillis + "\",");
        return LoadGenerator.request(contestant.port(), contestant.headers(), body);
    }

    static List<String> everybody() {
        return Arrays.asList("backstay", "haproxy", "nginx", "spring-cloud-gateway", "portkey");
    }
}
