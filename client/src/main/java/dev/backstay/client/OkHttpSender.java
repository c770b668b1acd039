package dev.backstay.client;

import dev.backstay.core.Attempt;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.wire.Answer;
import dev.backstay.wire.Endpoint;
import dev.backstay.wire.Headers;
import dev.backstay.wire.LimitHeaders;
import dev.backstay.wire.WholeDocument;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.EventListener;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/**
 * Sends over sockets. OkHttp's own retries, redirects and clocks are off: each phase is an event here, and one watch closes an
 * attempt whose clock ran out. A file of ours that cannot be read or written is thrown as it is, and not tried again.
 *
 * <p>Thread-safe. Close it when nobody asks any more.
 */
public final class OkHttpSender implements Sender, AutoCloseable {

    /** A reused connection that breaks so soon was closed before we used it. */
    private static final long STALE_NANOS = 1_000_000_000L;

    /** A thread that reads from a socket does not notice that it was interrupted; the watch does, so often. */
    private static final long INTERRUPTED_NANOS = 100_000_000L;

    private static final int CHUNK = 64 * 1024;

    private final Clock clock;
    private final OkHttpClient http;
    private final ScheduledThreadPoolExecutor watch;

    public OkHttpSender(Clock clock) {
        this(clock, new OkHttpClient());
    }

    /** One that uses the TLS, proxy, DNS and pool of this client. */
    public OkHttpSender(Clock clock, OkHttpClient like) {
        this.clock = clock;
        this.http = like.newBuilder()
                .retryOnConnectionFailure(false)
                .followRedirects(false)
                .callTimeout(0, TimeUnit.SECONDS)
                .connectTimeout(0, TimeUnit.SECONDS)
                .readTimeout(0, TimeUnit.SECONDS)
                .writeTimeout(0, TimeUnit.SECONDS)
                .eventListenerFactory(
                        call -> Objects.requireNonNull(call.request().tag(Trip.class)))
                .build();
        this.watch = new ScheduledThreadPoolExecutor(1, work -> {
            Thread thread = new Thread(work, "backstay-watch");
            thread.setDaemon(true);
            return thread;
        });
        watch.setRemoveOnCancelPolicy(true);
    }

    @Override
    public Sent send(Ask ask, Attempt attempt, Journey journey) throws InterruptedException {
        Trip trip = new Trip(attempt, journey);
        Request.Builder builder =
                new Request.Builder().url(ask.url().toString()).tag(Trip.class, trip);
        ask.headers().forEach(builder::header);
        boolean bodiless = ask.method().equals("GET")
                || ask.body().type().isEmpty() && ask.method().equals("DELETE");
        Call call = http.newCall(builder.method(ask.method(), bodiless ? null : new Outgoing(ask.body(), trip))
                .build());
        trip.guard(call);
        try (Response response = call.execute()) {
            return read(ask, response, trip);
        } catch (IOException broken) {
            return trip.broken(broken);
        } finally {
            trip.over();
        }
    }

    private Sent read(Ask ask, Response response, Trip trip) throws IOException {
        Headers headers = name -> Optional.ofNullable(response.header(name));
        trip.headed(headers);
        try (InputStream body = Objects.requireNonNull(response.body()).byteStream()) {
            if (!response.isSuccessful()) {
                return refused(ask, response.code(), headers, body, trip);
            }
            trip.begun();
            byte[] bytes = ask.into().isPresent() ? intoFile(ask.into().get(), body, trip) : inMemory(body, trip);
            if (ask.expects() == Ask.Expects.JSON && !WholeDocument.isJson(bytes)) {
                return Ended.failed(new Outcome.Failed(Failure.answered(
                        FailureKind.MALFORMED_ANSWER,
                        response.code(),
                        "the answer is not JSON: is there a proxy between?")));
            }
            return new Ended(Outcome.Completed.UNCOUNTED, Optional.of(new Reply(response.code(), headers, bytes)));
        }
    }

    private Sent refused(Ask ask, int status, Headers headers, InputStream body, Trip trip) throws IOException {
        Answer answer = Answer.of(Endpoint.MODELS, status, headers, ask.classifier(), clock.now());
        byte[] piece = new byte[CHUNK];
        for (int n = body.read(piece); n >= 0 && answer.outcome().isEmpty(); n = body.read(piece)) {
            trip.moved();
            answer.read(ByteBuffer.wrap(piece, 0, n));
        }
        answer.end();
        return new Ended(answer.outcome().orElseThrow(), Optional.empty());
    }

    private static byte[] inMemory(InputStream body, Trip trip) throws IOException {
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        byte[] piece = new byte[CHUNK];
        for (int n = body.read(piece); n >= 0; n = body.read(piece)) {
            trip.moved();
            kept.write(piece, 0, n);
            if (kept.size() > Reply.LIMIT) {
                throw new UncheckedIOException(new IOException("the answer is larger than " + Reply.LIMIT + " bytes"));
            }
        }
        return kept.toByteArray();
    }

    /** Beside the file first, so that under its name there is never half of it. What the disk says is no fault of the network. */
    private static byte[] intoFile(Path file, InputStream body, Trip trip) throws IOException {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try (OutputStream out = local(() -> Files.newOutputStream(part))) {
            byte[] piece = new byte[CHUNK];
            for (int n = body.read(piece); n >= 0; n = body.read(piece)) {
                trip.moved();
                int length = n;
                local(() -> {
                    out.write(piece, 0, length);
                    return length;
                });
            }
        }
        local(() -> Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE));
        return new byte[0];
    }

    /** Something with a file of ours. */
    private interface Local<T> {
        T get() throws IOException;
    }

    private static <T> T local(Local<T> work) {
        try {
            return work.get();
        } catch (IOException disk) {
            throw new UncheckedIOException(disk);
        }
    }

    @Override
    public void close() {
        watch.shutdownNow();
        http.dispatcher().executorService().shutdown();
        http.connectionPool().evictAll();
    }

    /** One attempt on its way: OkHttp's events become phases, and the watch looks after the clock of each. */
    private final class Trip extends EventListener {
        private final Attempt attempt;
        private final Journey journey;
        private final Thread asking = Thread.currentThread();
        private final long startNanos = clock.nanos();
        private long clockNanos;
        private boolean late;
        private boolean over;
        private @Nullable Call call;
        private boolean connected;
        private @Nullable Future<?> check;

        private Trip(Attempt attempt, Journey journey) {
            this.attempt = attempt;
            this.journey = journey;
            this.clockNanos = attempt.clockNanos();
        }

        private synchronized void guard(Call begun) {
            call = begun;
            look();
        }

        /** Closes an attempt that is late, and comes back when the clock of its phase runs out. */
        private synchronized void look() {
            if (over) {
                return;
            }
            if (asking.isInterrupted()) {
                Objects.requireNonNull(call).cancel();
                return;
            }
            long left = clockNanos - clock.nanos();
            if (left <= 0) {
                late = true;
                Objects.requireNonNull(call).cancel();
                return;
            }
            if (check != null) {
                check.cancel(false);
            }
            check = watch.schedule(this::look, Math.min(left, INTERRUPTED_NANOS), TimeUnit.NANOSECONDS);
        }

        private synchronized void over() {
            over = true;
            if (check != null) {
                check.cancel(false);
            }
        }

        private synchronized void entered(Phase phase) {
            if (attempt.phase() != phase) {
                journey.entered(phase);
                anotherClock();
            }
        }

        private synchronized void moved() {
            journey.moved();
            clockNanos = attempt.clockNanos();
        }

        private synchronized void headed(Headers headers) {
            journey.headed(LimitHeaders.parse(headers));
        }

        private synchronized void begun() {
            journey.begun();
            anotherClock();
        }

        private void anotherClock() {
            clockNanos = attempt.clockNanos();
            if (call != null) {
                look();
            }
        }

        private synchronized Sent broken(IOException broken) throws InterruptedException {
            if (late) {
                return new Late();
            }
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            String message = String.valueOf(broken.getMessage());
            boolean waits = attempt.phase() == Phase.SENDING || attempt.phase() == Phase.AWAITING;
            if (!connected && waits && clock.nanos() - startNanos < STALE_NANOS) {
                return Ended.failed(
                        new Outcome.Failed(Failure.of(FailureKind.STALE_CONNECTION, attempt.phase(), message)));
            }
            return Ended.failed(new Outcome.Failed(attempt.lost(message)));
        }

        @Override
        public void dnsStart(Call call, String host) {
            entered(Phase.RESOLVING);
        }

        @Override
        public void connectStart(Call call, InetSocketAddress address, Proxy proxy) {
            connected = true;
            entered(Phase.CONNECTING);
        }

        @Override
        public void secureConnectStart(Call call) {
            entered(Phase.SECURING);
        }

        @Override
        public void connectionAcquired(Call call, Connection connection) {
            entered(Phase.SENDING);
        }

        @Override
        public void requestHeadersEnd(Call call, Request request) {
            if (request.body() == null) {
                entered(Phase.AWAITING);
            }
        }

        @Override
        public void requestBodyEnd(Call call, long bytes) {
            entered(Phase.AWAITING);
        }
    }

    /** A body whose bytes are progress. */
    private static final class Outgoing extends RequestBody {
        private final Body body;
        private final Trip trip;

        private Outgoing(Body body, Trip trip) {
            this.body = body;
            this.trip = trip;
        }

        @Override
        public @Nullable MediaType contentType() {
            return body.type().isEmpty() ? null : MediaType.get(body.type());
        }

        @Override
        public long contentLength() {
            return local(body::length);
        }

        @Override
        public void writeTo(BufferedSink sink) throws IOException {
            Upload upload = new Upload(sink.outputStream(), trip);
            try {
                body.writeTo(upload);
            } catch (IOException broken) {
                if (upload.broken) {
                    throw broken;
                }
                throw new UncheckedIOException(broken); // the file, and not the network
            }
        }
    }

    /** Bytes on their way, each piece of which is progress. */
    private static final class Upload extends FilterOutputStream {
        private final Trip trip;
        private boolean broken;

        private Upload(OutputStream out, Trip trip) {
            super(out);
            this.trip = trip;
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            broken = true;
            out.write(bytes, from, length);
            broken = false;
            trip.moved();
        }
    }
}
