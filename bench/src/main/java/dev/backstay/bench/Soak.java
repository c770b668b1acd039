package dev.backstay.bench;

import dev.backstay.ledger.AttemptTally;
import dev.backstay.ledger.Ledger;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Many calls through a gateway process, in front of two APIs that fail by chance in every phase, with callers who leave by chance and
 * two reloads of its settings. Every answer is checked against what the API must have said; every call must have exactly one outcome in
 * the metrics; the memory of the process is read at every tenth.
 */
public final class Soak {

    private static final int CALLERS = 48;
    private static final double FAULTY = 0.01;
    private static final double LEAVES = 0.03;

    /** Memory may grow by this much after the first tenth of a long run; in a short one the code is still being compiled. */
    private static final double GROWTH = 1.25;

    private static final long LONG = 500_000;
    private static final Pattern CONTENT = Pattern.compile("\"content\":\"([^\"]*)\"");
    private static final Pattern ENDED = Pattern.compile("backstay_calls_seconds_count\\{[^}]*} (\\d+)");
    private static final Pattern ATTEMPTS = Pattern.compile("backstay_attempts_total\\{[^}]*} (\\d+)");
    private static final Pattern RUNNING = Pattern.compile("\\nbackstay_calls_running (\\d+)");

    private final long calls;
    private final int port;
    private final AtomicLong next = new AtomicLong();
    private final AtomicLong right = new AtomicLong();
    private final AtomicLong errors = new AtomicLong();
    private final AtomicLong left = new AtomicLong();
    private final AtomicLong wrong = new AtomicLong();
    private final AtomicLong unsent = new AtomicLong();
    private long attempts;
    private final List<String> firstWrong = new ArrayList<>();
    private final PrintStream out = System.out;

    private Soak(long calls, int port) {
        this.calls = calls;
        this.port = port;
    }

    /** {@code [CALLS [SEED]]}. Exits with 1 if any answer was wrong, any outcome was missing, or memory grew. */
    public static void main(String[] args) throws Exception {
        long calls = args.length > 0 ? Long.parseLong(args[0]) : 20_000;
        long seed = args.length > 1 ? Long.parseLong(args[1]) : 1;
        boolean good;
        Path work = Files.createTempDirectory("soak");
        int port = freePort();
        Soak soak = new Soak(calls, port);
        try (SoakApi one = new SoakApi(FAULTY, seed);
                SoakApi two = new SoakApi(FAULTY, seed + 1)) {
            Path settings = work.resolve("backstay.yaml");
            Files.writeString(settings, yaml(one, two));
            Process gateway = new ProcessBuilder(
                            "./backstay", "serve", "--config", settings.toString(), "--listen", "127.0.0.1:" + port)
                    .redirectErrorStream(true)
                    .redirectOutput(work.resolve("log").toFile())
                    .start();
            try {
                awaitReady(port);
                good = soak.run(gateway, settings, one, two, seed);
            } finally {
                gateway.destroy();
                if (!gateway.waitFor(20, TimeUnit.SECONDS)) {
                    gateway.destroyForcibly();
                }
            }
            good &= soak.isInTheLedger(work.resolve("ledger.db"));
        }
        System.exit(good ? 0 : 1); // callers that wait for nobody would keep it alive
    }

    private static String yaml(SoakApi one, SoakApi two) {
        return "providers:\n  a: {url: \"http://127.0.0.1:" + one.port() + "/v1\"}\n  b: {url: \"http://127.0.0.1:"
                + two.port()
                + "/v1\"}\nroutes:\n  m:\n    targets: [{provider: a, model: x, prefill: true}, {provider: b, model: x, prefill: true}]\n"
                + "    timeouts: {connect: 1s, first-token: 1s, answer: 1s, idle: 1s, total: 20s}\naccess-log: access.log\nledger: ledger.db\n";
    }

    private boolean run(Process gateway, Path settings, SoakApi one, SoakApi two, long seed) throws Exception {
        long begunNanos = System.nanoTime();
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
            SplittableRandom chance = new SplittableRandom(seed * 1_000 + i);
            Thread caller = new Thread(() -> call(chance), "caller-" + i);
            caller.start();
            callers.add(caller);
        }
        List<Double> memory = new ArrayList<>();
        for (int tenth = 1; tenth <= 10; tenth++) {
            while (next.get() < calls * tenth / 10) {
                TimeUnit.MILLISECONDS.sleep(20);
            }
            memory.add(residentMib(gateway.pid()));
            out.printf(Locale.ROOT, "%,d calls: %.0f MiB resident%n", calls * tenth / 10, memory.get(tenth - 1));
            if (tenth == 3 || tenth == 6) { // other clocks, then the first ones again
                Files.writeString(
                        settings, tenth == 3 ? yaml(one, two).replace("idle: 1s", "idle: 2s") : yaml(one, two));
            }
        }
        for (Thread caller : callers) {
            caller.join();
        }
        return report(memory, (System.nanoTime() - begunNanos) / 1e9);
    }

    private boolean report(List<Double> memory, double seconds) throws Exception {
        long began = calls - unsent.get();
        long ended = 0;
        for (int tries = 0; tries < 200 && ended != began; tries++) {
            TimeUnit.MILLISECONDS.sleep(100);
            ended = sum(ENDED, metrics());
        }
        attempts = sum(ATTEMPTS, metrics());
        double growth = memory.get(9) / memory.get(0);
        out.printf(
                Locale.ROOT,
                "%,d calls in %.0f s: %,d right, %,d explicit errors, %,d callers left, %,d WRONG%n",
                calls,
                seconds,
                right.get(),
                errors.get(),
                left.get(),
                wrong.get());
        out.printf(
                Locale.ROOT,
                "outcomes in the metrics: %,d of %,d; still running: %d%n",
                ended,
                began,
                sum(RUNNING, metrics()));
        out.printf(Locale.ROOT, "memory after all, of that after a tenth: %.2f%n", growth);
        firstWrong.forEach(out::println);
        return wrong.get() == 0 && ended == began && (growth < GROWTH || calls < LONG);
    }

    /** Whether the ledger, written by a process that has stopped, has every attempt that the metrics have. */
    private boolean isInTheLedger(Path file) {
        try (Ledger ledger = Ledger.existing(file.toString())) {
            long kept = ledger.tallies().attempts(0, Long.MAX_VALUE).stream()
                    .mapToLong(AttemptTally::attempts)
                    .sum();
            out.printf(
                    Locale.ROOT,
                    "attempts in the ledger: %,d of %,d; lives of calls: %,d%n",
                    kept,
                    attempts,
                    ledger.calls().count());
            return kept == attempts;
        }
    }

    private static long sum(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        long sum = 0;
        while (matcher.find()) {
            sum += Long.parseLong(matcher.group(1));
        }
        return sum;
    }

    private String metrics() throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private void call(SplittableRandom chance) {
        Connection connection = null;
        while (true) {
            long number = next.getAndIncrement();
            if (number >= calls) {
                return;
            }
            long question = chance.nextLong(1L << 40);
            boolean streamed = chance.nextBoolean();
            boolean leaves = chance.nextDouble() < LEAVES;
            String policy = List.of("live", "whole", "resume").get(chance.nextInt(3));
            try {
                if (connection == null) {
                    connection = new Connection(port);
                }
                connection.ask(question, streamed, policy);
                if (leaves) {
                    TimeUnit.MICROSECONDS.sleep(chance.nextInt(3_000));
                    connection.close();
                    connection = null;
                    left.incrementAndGet();
                    continue;
                }
                String answer = connection.answer();
                judge(question, streamed, answer, connection.endedCleanly());
                if (!connection.stays()) {
                    connection.close();
                    connection = null;
                }
            } catch (IOException | InterruptedException broken) {
                unsent.incrementAndGet();
                note("the gateway itself was lost: " + broken);
                connection = null;
            }
        }
    }

    private void judge(long question, boolean streamed, String answer, boolean clean) {
        boolean good = answer.startsWith("HTTP/1.1 200");
        String expected = SoakApi.answer(question);
        Matcher contents = CONTENT.matcher(answer);
        StringBuilder text = new StringBuilder();
        while (contents.find()) {
            text.append(contents.group(1));
        }
        boolean saysError = answer.contains("{\"error\":{\"message\":\"");
        boolean whole = good && clean && !saysError && (!streamed || answer.contains("[DONE]"));
        if (whole && text.toString().equals(expected)) {
            right.incrementAndGet();
        } else if (!whole && saysError && expected.startsWith(text.toString())) {
            errors.incrementAndGet();
        } else {
            note("question " + question + ", expected " + expected + ", got " + answer);
        }
    }

    private synchronized void note(String what) {
        wrong.incrementAndGet();
        if (firstWrong.size() < 5) {
            firstWrong.add(what);
        }
    }

    private static void awaitReady(int port) throws Exception {
        HttpRequest ready = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health/ready"))
                .build();
        for (int tries = 0; ; tries++) {
            try {
                HttpClient.newHttpClient().send(ready, HttpResponse.BodyHandlers.discarding());
                return;
            } catch (IOException notYet) {
                if (tries > 600) {
                    throw notYet;
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static double residentMib(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024)
                .sum();
    }

    /** One connection of a caller, which reads answers by their framing. */
    private static final class Connection implements AutoCloseable {
        private final Socket socket;
        private final InputStream in;
        private boolean clean;
        private boolean stays;

        Connection(int port) throws IOException {
            socket = new Socket("127.0.0.1", port);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(60_000);
            in = new BufferedInputStream(socket.getInputStream());
        }

        void ask(long question, boolean streamed, String policy) throws IOException {
            String body = "{\"model\":\"m\",\"stream\":" + streamed
                    + ",\"messages\":[{\"role\":\"user\",\"content\":\"question " + question + "\"}]}";
            socket.getOutputStream()
                    .write(("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nBackstay-Stream: " + policy
                                    + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.US_ASCII));
        }

        boolean endedCleanly() {
            return clean;
        }

        boolean stays() {
            return stays;
        }

        String answer() throws IOException {
            StringBuilder head = new StringBuilder();
            for (String line = line(); !line.isEmpty(); line = line()) {
                head.append(line).append('\n');
            }
            String lower = head.toString().toLowerCase(Locale.ROOT);
            stays = !lower.contains("connection: close");
            clean = false;
            StringBuilder body = new StringBuilder();
            int length = lower.indexOf("content-length: ");
            try {
                if (length >= 0) {
                    int size = Integer.parseInt(lower.substring(length + 16, lower.indexOf('\n', length)));
                    byte[] bytes = in.readNBytes(size);
                    body.append(new String(bytes, StandardCharsets.UTF_8));
                    clean = bytes.length == size;
                } else {
                    clean = chunks(body);
                }
            } catch (IOException cut) {
                stays = false;
            }
            stays &= clean;
            return head.append(body).toString();
        }

        private boolean chunks(StringBuilder body) throws IOException {
            while (true) {
                String size = line();
                if (size.isEmpty()) {
                    return false;
                }
                int length = Integer.parseInt(size, 16);
                body.append(new String(in.readNBytes(length), StandardCharsets.UTF_8));
                line();
                if (length == 0) {
                    return true;
                }
            }
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int next = in.read(); next != '\n'; next = in.read()) {
                if (next < 0) {
                    throw new IOException("the connection was closed");
                }
                line.append((char) next);
            }
            return line.toString().strip();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
