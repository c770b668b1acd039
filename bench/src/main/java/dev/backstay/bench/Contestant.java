package dev.backstay.bench;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A gateway that runs as a process of its own, pinned on the first core, started by its script in {@code bench/gateway}. {@code SCRIPT
 * prepare WORK UPSTREAM_PORT} writes what is needed, and what callers have to send into {@code WORK/headers}; where its gateway is not
 * installed it exits with {@value #NOT_HERE} and says so. {@code SCRIPT run WORK PORT UPSTREAM_PORT} becomes the gateway.
 *
 * <p>Its CPU time is the kernel's own account of all its threads and children, in nanoseconds.
 */
final class Contestant implements AutoCloseable {

    /** What a script exits with when its gateway is not installed. */
    static final int NOT_HERE = 77;

    private static final Duration START_LIMIT = Duration.ofMinutes(2);
    private static final double MIB = 1024 * 1024;

    private final String name;
    private final @Nullable Process process;
    private final int port;
    private final String headers;
    private final double readySeconds;

    private Contestant(String name, @Nullable Process process, int port, String headers, double readySeconds) {
        this.name = name;
        this.process = process;
        this.port = port;
        this.headers = headers;
        this.readySeconds = readySeconds;
    }

    /** Nobody: the callers ask the API itself. */
    static Contestant direct(int upstreamPort) {
        return new Contestant("direct", null, upstreamPort, "", 0);
    }

    /** Whether there is a gateway at all. */
    boolean isThere() {
        return process != null;
    }

    /**
     * Starts it, and waits until it has answered once.
     *
     * @return nothing if it is not installed
     */
    static Optional<Contestant> start(Path folder, String name, int upstreamPort, Path work) throws Exception {
        int port = freePort();
        Path own = Files.createDirectories(work.resolve(name));
        Path script = folder.resolve(name);
        Process prepared = new ProcessBuilder(script.toString(), "prepare", own.toString(), "" + upstreamPort)
                .redirectErrorStream(true)
                .redirectOutput(own.resolve("prepare.log").toFile())
                .start();
        int prepare = prepared.waitFor();
        if (prepare == NOT_HERE) {
            return Optional.empty();
        }
        if (prepare != 0) {
            throw new IOException(name + " could not be prepared; see " + own.resolve("prepare.log"));
        }
        String headers = headers(own.resolve("headers"));
        long startNanos = System.nanoTime();
        File log = own.resolve("log").toFile();
        Process process = new ProcessBuilder(List.of(
                        "taskset", "-c", "0", script.toString(), "run", own.toString(), "" + port, "" + upstreamPort))
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
        Contestant contestant = new Contestant(name, process, port, headers, 0);
        try {
            contestant.awaitAnswer();
        } catch (IOException never) {
            contestant.close();
            throw new IOException(name + " did not answer; its log is " + log, never);
        }
        return Optional.of(new Contestant(name, process, port, headers, (System.nanoTime() - startNanos) / 1e9));
    }

    /** What its callers have to send besides. */
    private static String headers(Path file) throws IOException {
        return Files.exists(file) ? Files.readString(file).replace("\n", "\r\n") : "";
    }

    private void awaitAnswer() throws Exception {
        HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
                .timeout(Duration.ofSeconds(2))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(GatewayBench.CHAT));
        headers.lines()
                .forEach(line -> request.header(
                        line.substring(0, line.indexOf(':')),
                        line.substring(line.indexOf(':') + 1).strip()));
        long until = System.nanoTime() + START_LIMIT.toNanos();
        while (true) {
            try {
                HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() == 200) {
                    return;
                }
                throw new IOException("it answered " + answer.statusCode() + ": " + answer.body());
            } catch (IOException notYet) {
                if (until - System.nanoTime() < 0 || process == null || !process.isAlive()) {
                    throw notYet;
                }
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress("127.0.0.1", 0));
            return socket.getLocalPort();
        }
    }

    String name() {
        return name;
    }

    int port() {
        return port;
    }

    String headers() {
        return headers;
    }

    /** From starting the process to its first good answer. */
    double readySeconds() {
        return readySeconds;
    }

    /** CPU time used so far by all its threads and children. */
    long cpuNanos() {
        return processes().mapToLong(Contestant::cpuNanos).sum();
    }

    /** Resident memory now, in MiB. */
    double residentMib() {
        return processes().mapToDouble(Contestant::residentBytes).sum() / MIB;
    }

    private Stream<Long> processes() {
        return process == null
                ? Stream.empty()
                : Stream.concat(Stream.of(process.pid()), process.descendants().map(ProcessHandle::pid));
    }

    private static long cpuNanos(long pid) {
        try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
            return threads.mapToLong(thread -> {
                        try {
                            return Long.parseLong(Files.readString(thread.resolve("schedstat"))
                                    .split(" ")[0]);
                        } catch (IOException gone) {
                            return 0;
                        }
                    })
                    .sum();
        } catch (IOException gone) {
            return 0;
        }
    }

    private static double residentBytes(long pid) {
        try {
            return Files.readAllLines(Path.of("/proc/" + pid + "/smaps_rollup")).stream()
                    .filter(line -> line.startsWith("Pss:"))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) * 1024)
                    .sum();
        } catch (IOException gone) {
            return 0;
        } catch (UncheckedIOException gone) {
            return 0;
        }
    }

    @Override
    public void close() {
        if (process == null) {
            return;
        }
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (InterruptedException stop) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
