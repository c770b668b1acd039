package dev.backstay.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.backstay.core.Acknowledged;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.GiveUp;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Result;
import dev.backstay.gateway.Gateway;
import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.simulator.Replay;
import dev.backstay.simulator.SimulatorServer;
import dev.backstay.simulator.Tally;
import dev.backstay.simulator.Trace;
import dev.backstay.wire.Answer;
import dev.backstay.wire.Endpoint;
import dev.backstay.wire.FireworksClassifier;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntConsumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * A replay on the wall clock: the real gateway, real sockets and TLS, and a plain HTTP client that behaves like the official SDK
 * when it goes directly and like a caller without retries when it goes through the gateway. Both columns are played at the
 * same time, each against a simulated provider of its own.
 */
final class WallReplay {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int RETRIES = 2;
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration READ = Duration.ofSeconds(600);

    private final Replay replay;
    private final List<Trace.Row> rows;
    private final ScheduledExecutorService clock = Executors.newScheduledThreadPool(2, work -> {
        Thread thread = new Thread(work, "replay");
        thread.setDaemon(true);
        return thread;
    });

    private WallReplay(Replay replay, List<Trace.Row> rows) {
        this.replay = replay;
        this.rows = rows;
    }

    static Map<String, Tally> play(Replay replay, List<Trace.Row> rows, IntConsumer progress) throws Exception {
        return new WallReplay(replay, rows).play(progress);
    }

    private Map<String, Tally> play(IntConsumer progress) throws Exception {
        InetSocketAddress anywhere = new InetSocketAddress("127.0.0.1", 0);
        try (SimulatorServer one = SimulatorServer.start(replay.script(), anywhere, true, replay.seed());
                SimulatorServer two = SimulatorServer.start(replay.script(), anywhere, true, replay.seed());
                Gateway gateway = Gateway.start(
                        GatewayConfig.defaults(URI.create(two.url() + "/inference/v1"), Optional.empty())
                                .listeningOn(anywhere),
                        two.certificate())) {
            HttpClient http = client(one.certificate().orElseThrow());
            Side direct = new Side(http, URI.create(one.url() + "/inference/v1/chat/completions"), RETRIES, progress);
            Side backstay = new Side(http, URI.create(gateway.url() + "/v1/chat/completions"), 0, progress);
            for (int i = 0; i < rows.size(); i++) {
                Trace.Row row = rows.get(i);
                clock.schedule(
                        () -> {
                            direct.call(row);
                            backstay.call(row);
                        },
                        (long) (row.atNanos() / replay.speed()),
                        TimeUnit.NANOSECONDS);
            }
            direct.ended.await();
            backstay.ended.await();
            Map<String, Tally> both = new LinkedHashMap<>();
            both.put("direct", direct.total(one.billedTokens()));
            both.put("backstay", backstay.total(two.billedTokens()));
            return both;
        } finally {
            clock.shutdownNow();
        }
    }

    /** A client that trusts the simulated provider, and nobody else. */
    private static HttpClient client(X509Certificate trusted) throws GeneralSecurityException, IOException {
        KeyStore trust = KeyStore.getInstance(KeyStore.getDefaultType());
        trust.load(null, null);
        trust.setCertificateEntry("simulator", trusted);
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trust);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, managers.getTrustManagers(), null);
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT)
                .sslContext(tls)
                .build();
    }

    /** One column: all calls to one place. */
    private final class Side {
        private final HttpClient http;
        private final URI url;
        private final int retries;
        private final IntConsumer progress;
        private final CountDownLatch ended = new CountDownLatch(rows.size());
        private final Tally tally = new Tally();
        private long usefulTokens;

        private Side(HttpClient http, URI url, int retries, IntConsumer progress) {
            this.http = http;
            this.url = url;
            this.retries = retries;
            this.progress = progress;
        }

        private void call(Trace.Row row) {
            new WallCall(this, row).attempt();
        }

        private synchronized void over(WallCall call, Result result, int attempts) {
            long latency = System.nanoTime() - call.startNanos;
            tally.call(result, attempts, (long) (call.row.atNanos() / replay.speed()), latency, 0);
            usefulTokens += result.succeeded() ? call.promptTokens + call.row.outputTokens() : 0;
            progress.accept((int) (rows.size() - ended.getCount()));
            ended.countDown();
        }

        private synchronized Tally total(long billedTokens) {
            tally.duplicateTokens(Math.max(0, billedTokens - usefulTokens));
            return tally;
        }
    }

    /** One call, with the retries of an SDK. */
    private final class WallCall {
        private final Side side;
        private final Trace.Row row;
        private final long startNanos = System.nanoTime();
        private final byte[] body;
        private final long promptTokens;
        private int sent;

        private WallCall(Side side, Trace.Row row) {
            this.side = side;
            this.row = row;
            this.body = body(row, replay.streamed());
            this.promptTokens = body.length / 4;
        }

        private void attempt() {
            long left = replay.deadline().toNanos() - (System.nanoTime() - startNanos);
            if (left <= 0) {
                side.over(this, failed(Failure.of(FailureKind.DEADLINE_EXCEEDED, Phase.QUEUED, "")), sent);
                return;
            }
            sent++;
            HttpRequest request = HttpRequest.newBuilder(side.url)
                    .timeout(READ)
                    .header("Content-Type", "application/json")
                    .header("Backstay-Timeout", replay.deadline().toMillis() + "ms")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                    .build();
            CompletableFuture<HttpResponse<byte[]>> call =
                    side.http.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray());
            // Through the gateway, its own deadline comes first; the second is for the answer's way back.
            call.orTimeout(left + (side.retries == 0 ? TimeUnit.SECONDS.toNanos(1) : 0), TimeUnit.NANOSECONDS)
                    .whenComplete((response, error) -> {
                        if (error != null) {
                            call.cancel(true);
                            broken(unwrapped(error));
                        } else {
                            answered(response);
                        }
                    });
        }

        private void answered(HttpResponse<byte[]> response) {
            int attempts = response.headers()
                    .firstValue("backstay-attempts")
                    .map(Integer::parseInt)
                    .orElse(sent);
            Answer answer = Answer.of(
                    Endpoint.CHAT_COMPLETIONS,
                    response.statusCode(),
                    name -> response.headers().firstValue(name),
                    new FireworksClassifier(),
                    Instant.now());
            answer.read(ByteBuffer.wrap(response.body()));
            answer.end();
            Outcome outcome = answer.outcome().orElseThrow();
            if (outcome instanceof Outcome.Failed failed) {
                int status = response.statusCode();
                boolean retried = status == 408 || status == 409 || status == 429 || status >= 500;
                end(
                        side.retries == 0 ? fromGateway(failed.failure(), response.body()) : failed.failure(),
                        retried,
                        attempts);
            } else {
                side.over(this, new Result.Succeeded(((Outcome.Completed) outcome).usage()), attempts);
            }
        }

        private void broken(Throwable error) {
            boolean late = error instanceof TimeoutException;
            Failure failure = late
                    ? Failure.of(FailureKind.DEADLINE_EXCEEDED, Phase.AWAITING, "")
                    : Failure.lost(phase(error), String.valueOf(error.getMessage()));
            end(failure, !late, sent);
        }

        private void end(Failure failure, boolean retried, int attempts) {
            if (retried && sent <= side.retries) {
                double seconds = Math.min(8, 0.5 * Math.pow(2, sent - 1))
                        * (1 - 0.25 * ThreadLocalRandom.current().nextDouble());
                clock.schedule(this::attempt, (long) (seconds * 1e9), TimeUnit.NANOSECONDS);
            } else {
                side.over(this, failed(failure), attempts);
            }
        }
    }

    private static Result failed(Failure failure) {
        return new Result.Failed(failure, GiveUp.ATTEMPTS_SPENT, false);
    }

    /** The gateway knows where the last attempt died. */
    private static Failure fromGateway(Failure failure, byte[] body) {
        try {
            JsonNode error = JSON.readTree(body).path("error");
            Phase phase = Phase.valueOf(error.path("phase").asText().toUpperCase(Locale.ROOT));
            String seen = error.path("acknowledged").asText().toUpperCase(Locale.ROOT);
            return Failure.of(failure.kind(), phase, failure.message()).withAcknowledged(Acknowledged.valueOf(seen));
        } catch (IOException | IllegalArgumentException notOurs) {
            return failure;
        }
    }

    private static Phase phase(Throwable error) {
        if (error instanceof ConnectException || error instanceof HttpConnectTimeoutException) {
            return Phase.CONNECTING;
        }
        if (error instanceof SSLException) {
            return Phase.SECURING;
        }
        return error instanceof HttpTimeoutException ? Phase.AWAITING : Phase.STREAMING;
    }

    private static Throwable unwrapped(Throwable error) {
        @Nullable Throwable cause = error.getCause();
        return error instanceof CompletionException && cause != null ? cause : error;
    }

    /** As many bytes as make up the prompt's tokens; the simulated model generates exactly the recorded output. */
    private static byte[] body(Trace.Row row, boolean streamed) {
        String start = "{\"model\":\"" + Replay.MODEL + "\",\"stream\":" + streamed + ",\"max_tokens\":"
                + row.outputTokens() + ",\"ignore_eos\":true,\"messages\":[{\"role\":\"user\",\"content\":\"";
        String end = "\"}]}";
        int filler = Math.max(1, row.promptTokens() * 4 - start.length() - end.length());
        return (start + "x".repeat(filler) + end).getBytes(StandardCharsets.UTF_8);
    }
}
