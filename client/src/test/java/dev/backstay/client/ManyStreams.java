package dev.backstay.client;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A JVM of its own that has many streams at a time, all of them open before any is read to its end, and prints what came of them.
 * Arguments: the base URL, how many, and {@code threads} or {@code futures}.
 */
final class ManyStreams {

    private static final String JSON = "{\"model\": \"m\", \"stream\": true, \"max_tokens\": 20, \"ignore_eos\": true,"
            + " \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}";
    private static final int STACK = 256 * 1024;
    private static final int READERS = 8;

    private static final long LONG_SECONDS = 120;

    /** Memory and threads are the question here; how fast the machine is today is not. */
    private static final Clocks PATIENT = Clocks.within(Duration.ofSeconds(2 * LONG_SECONDS))
            .withConnect(Duration.ofSeconds(LONG_SECONDS))
            .withFirstToken(Duration.ofSeconds(LONG_SECONDS))
            .withIdle(Duration.ofSeconds(LONG_SECONDS));

    private final Backstay backstay;
    private final int count;
    private final AtomicInteger whole = new AtomicInteger();
    private final AtomicInteger lost = new AtomicInteger();
    private final CountDownLatch open;

    private ManyStreams(Backstay backstay, int count) {
        this.backstay = backstay;
        this.count = count;
        this.open = new CountDownLatch(count);
    }

    public static void main(String[] args) throws Exception {
        int before = Thread.getAllStackTraces().size();
        try (Backstay backstay = Backstay.builder()
                .baseUrl(args[0])
                .apiKey("k")
                .timeouts(PATIENT)
                .build()) {
            ManyStreams all = new ManyStreams(backstay, Integer.parseInt(args[1]));
            int most = args[2].equals("threads") ? all.threads() : all.futures();
            System.out.println("whole " + all.whole + " lost " + all.lost + " threads " + (most - before) + " running "
                    + backstay.running() + " connections " + backstay.connectionsInUse());
        }
    }

    private Ask ask() {
        return backstay.ask("/chat/completions", JSON);
    }

    private int threads() throws InterruptedException {
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Thread caller = new Thread(null, this::open, "caller-" + i, STACK);
            callers.add(caller);
            caller.start();
        }
        open.await(LONG_SECONDS, TimeUnit.SECONDS);
        int most = Thread.getAllStackTraces().size();
        for (Thread caller : callers) {
            caller.join(TimeUnit.SECONDS.toMillis(LONG_SECONDS));
        }
        return most;
    }

    private void open() {
        try (LiveReply live = backstay.stream(ask())) {
            open.countDown();
            open.await(LONG_SECONDS, TimeUnit.SECONDS);
            read(live);
        } catch (RuntimeException | InterruptedException failed) {
            lost.incrementAndGet();
            open.countDown();
        }
    }

    private void read(LiveReply live) {
        try (live) {
            String text = new String(live.body().readAllBytes(), StandardCharsets.UTF_8);
            (text.endsWith("data: [DONE]\n\n") ? whole : lost).incrementAndGet();
        } catch (IOException broken) {
            lost.incrementAndGet();
        }
    }

    private int futures() throws InterruptedException {
        List<CompletableFuture<LiveReply>> futures = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            futures.add(backstay.streamAsync(ask(), CallOptions.DEFAULT));
        }
        futures.forEach(future -> future.whenComplete((live, failed) -> open.countDown()));
        open.await(LONG_SECONDS, TimeUnit.SECONDS);
        int most = Thread.getAllStackTraces().size();
        ExecutorService readers = Executors.newFixedThreadPool(READERS);
        futures.forEach(future -> readers.execute(() -> future.handle((live, failed) -> {
            if (live == null) {
                lost.incrementAndGet();
            } else {
                read(live);
            }
            return live;
        })));
        readers.shutdown();
        readers.awaitTermination(LONG_SECONDS, TimeUnit.SECONDS);
        return most;
    }
}
