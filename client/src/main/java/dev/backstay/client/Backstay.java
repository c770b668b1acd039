package dev.backstay.client;

import dev.backstay.core.Backoff;
import dev.backstay.core.CallListener;
import dev.backstay.core.Engine;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.GiveUp;
import dev.backstay.core.Phase;
import dev.backstay.core.Request;
import dev.backstay.core.Result;
import dev.backstay.core.RetryPolicy;
import dev.backstay.core.StreamPolicy;
import dev.backstay.core.Workload;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/**
 * The library's front door: calls to an inference API that wait, are tried again, or fail with the truth.
 *
 * <pre>{@code
 * try (Backstay backstay = Backstay.builder().apiKey(System.getenv("FIREWORKS_API_KEY")).build()) {
 *     Reply whole = backstay.send(backstay.ask("/chat/completions", json));
 *     try (LiveReply live = backstay.stream(backstay.ask("/chat/completions", streamedJson))) {
 *         live.body().transferTo(out);     // ends normally only if the answer is whole
 *     }
 * }
 * }</pre>
 *
 * <p>The law for callers: one of these for the whole process, because what calls know of a target (limits, a gate, a budget) they
 * share through it; and no retries above it, because two owners of retries multiply.
 *
 * <p>A call that waits uses the caller's own thread and no other. A call with a future has a thread only while an attempt is under
 * way. Interrupting a thread that waits, and cancelling a future, end the call and close its connection.
 *
 * <p>Thread-safe. {@link #close()} ends what is running and closes what this made: a client that was given to it stays open.
 */
public final class Backstay implements AutoCloseable {

    /** Calls that may be under way at a time; the next one is refused. */
    public static final int MAX_RUNNING = 10_000;

    private final Settings settings;
    private final Engine engine;
    private final OkHttpSender sender;
    private final Caller caller;
    private final FutureCaller futures;
    private final Optional<ExecutorService> ownHands;
    private final Requests requests;
    private final Running running = new Running(MAX_RUNNING);

    private Backstay(Builder builder, Settings settings) {
        this.settings = settings;
        RetryPolicy policy =
                new RetryPolicy(settings.maxAttempts(), RetryPolicy.DEFAULT.longestHint(), Backoff.DEFAULT);
        this.engine = new Engine(
                policy,
                CallListener.all(builder.listeners.stream()
                        .map(QuietListener::new)
                        .map(CallListener.class::cast)
                        .toList()));
        OkHttpClient theirs = builder.http;
        this.sender = theirs == null ? new OkHttpSender(Clock.SYSTEM) : new OkHttpSender(Clock.SYSTEM, theirs);
        this.requests = new Requests(settings, Clock.SYSTEM, new SplittableRandom(System.nanoTime()));
        this.caller = new Caller(engine, sender, Clock.SYSTEM, requests::chance);
        Executor hands = builder.hands;
        this.ownHands = hands == null ? Optional.of(Hands.make()) : Optional.empty();
        this.futures = new FutureCaller(caller, hands == null ? ownHands.orElseThrow() : hands, sender.timer());
    }

    /** A builder with Fireworks' address and no key. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * One with the settings of a {@code backstay.yaml} and the key of the environment.
     *
     * @throws IOException if it cannot be read, is not YAML, or has an unknown key
     * @throws IllegalArgumentException naming a setting with an impossible value, and the rule
     */
    public static Backstay of(Path yaml) throws IOException {
        return builder()
                .settings(SettingsFile.read(yaml).settings(System::getenv))
                .build();
    }

    /** What it was told. */
    public Settings settings() {
        return settings;
    }

    /** What its calls share; for metrics. */
    public Engine engine() {
        return engine;
    }

    /**
     * A request with a JSON document, or without a body if the document is empty.
     *
     * @param path below the base URL: {@code /chat/completions}
     * @throws IllegalArgumentException if there is no key, and the provider wants one
     */
    public Ask ask(String path, String json) {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException(
                    "path is '" + path + "': it must begin with a slash, as /chat/completions");
        }
        URI url = URI.create(settings.url().toString().replaceAll("/+$", "") + path);
        Map<String, String> headers = new LinkedHashMap<>();
        String key = settings.requiredKey();
        if (!key.isEmpty()) {
            headers.put(settings.keyHeader().name(), settings.keyHeader().value(key));
        }
        Body body = json.isEmpty() ? Body.NONE : Body.json(json);
        return Ask.of(
                json.isEmpty() ? "GET" : "POST",
                url,
                headers,
                body,
                settings.provider().classifier());
    }

    /** Sends it and waits for the whole answer. */
    public Reply send(Ask ask) {
        return send(ask, CallOptions.DEFAULT);
    }

    /**
     * Sends it and waits for the whole answer. A streamed one is held back until it is whole, so that it can be asked for again if
     * it breaks.
     *
     * @throws CallFailed if there is no whole answer
     * @throws IllegalArgumentException naming a setting with an impossible value, and the rule
     * @throws IllegalStateException if this is closed
     */
    public Reply send(Ask ask, CallOptions options) {
        return run(ask, options, StreamPolicy.WHOLE).replies().whole();
    }

    /** Sends it and waits for the first event of the answer. */
    public LiveReply stream(Ask ask) {
        return stream(ask, CallOptions.DEFAULT);
    }

    /**
     * Sends it and waits for the first event of the answer, or for all of one that is not streamed. What fails before is tried
     * again.
     *
     * @return the answer from there on; whoever has it closes it
     * @throws CallFailed if there is no answer
     * @throws IllegalArgumentException naming a setting with an impossible value, and the rule
     * @throws IllegalStateException if this is closed
     */
    public LiveReply stream(Ask ask, CallOptions options) {
        return new LiveReply(run(ask, options, StreamPolicy.LIVE));
    }

    /** {@link #send(Ask, CallOptions)} for who does not wait. Failures complete the future; only wrong arguments are thrown. */
    public CompletableFuture<Reply> sendAsync(Ask ask, CallOptions options) {
        return later(ask, options, StreamPolicy.WHOLE, each -> each.replies().whole());
    }

    /** {@link #stream(Ask, CallOptions)} for who does not wait. An answer that comes after its future was cancelled is closed. */
    public CompletableFuture<LiveReply> streamAsync(Ask ask, CallOptions options) {
        return later(ask, options, StreamPolicy.LIVE, LiveReply::new);
    }

    private Exchange run(Ask ask, CallOptions options, StreamPolicy policy) {
        Request request = request(ask, options, policy);
        if (!running.hasRoom()) {
            throw noRoom(ask);
        }
        return caller.run(complete(ask, request), request, running, options.cancellation());
    }

    private <T> CompletableFuture<T> later(
            Ask ask, CallOptions options, StreamPolicy policy, Function<Exchange, T> what) {
        Request request = request(ask, options, policy);
        if (!running.hasRoom()) {
            return CompletableFuture.failedFuture(noRoom(ask));
        }
        CompletableFuture<T> future = futures.run(complete(ask, request), request, running, what);
        options.cancellation().ifPresent(how -> how.bind(() -> future.cancel(true)));
        return future;
    }

    private Request request(Ask ask, CallOptions options, StreamPolicy policy) {
        if (ask.into().isPresent() && policy == StreamPolicy.LIVE) {
            throw new IllegalArgumentException("an answer that goes into a file is not streamed: use send");
        }
        return requests.of(ask, options).with(policy);
    }

    /** An answer must come uncompressed, because it is looked at; and both sides' logs should have one name for a call. */
    private static Ask complete(Ask ask, Request request) {
        return ask.withHeader("accept-encoding", "identity").withHeaderIfAbsent("x-request-id", request.id());
    }

    private static CallFailed noRoom(Ask ask) {
        Failure failure =
                Failure.of(FailureKind.QUEUE_FULL, Phase.QUEUED, MAX_RUNNING + " calls are under way in this process");
        return new CallFailed(ask, new Result.Failed(failure, GiveUp.QUEUE_FULL, false), 0, Optional.empty());
    }

    /** Where calls with futures work. What is slow may run on it, such as reading a stream. */
    public Executor executor() {
        return futures.hands();
    }

    /** Calls that are under way. */
    public int running() {
        return running.size();
    }

    /** Connections that carry an attempt now; none when nothing is running and every answer was closed. */
    public int connectionsInUse() {
        return sender.connectionsInUse();
    }

    /** Ends what is running, closes what this made, and lets no more calls begin. Does nothing the second time. */
    @Override
    public void close() {
        running.close();
        ownHands.ifPresent(ExecutorService::shutdown);
        sender.close();
    }

    /** Settings, as code. Each has the name that it has in {@code backstay.yaml}. Not thread-safe. */
    public static final class Builder {
        private URI url = Settings.FIREWORKS;
        private @Nullable Provider provider;
        private Optional<String> apiKey = Optional.empty();
        private @Nullable KeyHeader keyHeader;
        private boolean plainHttp;
        private int maxAttempts = RetryPolicy.DEFAULT.maxAttempts();
        private Optional<Workload> workload = Optional.empty();
        private Clocks timeouts = Clocks.USUAL;
        private final List<CallListener> listeners = new ArrayList<>();
        private @Nullable OkHttpClient http;
        private @Nullable Executor hands;

        private Builder() {}

        /** All of these at once. */
        public Builder settings(Settings all) {
            url = all.url();
            provider = all.provider();
            apiKey = all.apiKey();
            keyHeader = all.keyHeader();
            plainHttp = all.plainHttp();
            maxAttempts = all.maxAttempts();
            workload = all.workload();
            timeouts = all.timeouts();
            return this;
        }

        /** {@code upstream.url}: the base URL of the API, with its version. Default: Fireworks'. */
        public Builder baseUrl(String base) {
            try {
                url = URI.create(base);
            } catch (IllegalArgumentException wrong) {
                throw new IllegalArgumentException(
                        "upstream.url is '" + Ask.shown(base) + "': it must be like " + Settings.FIREWORKS, wrong);
            }
            return this;
        }

        /** {@code upstream.provider}: whose errors it speaks. Default: whose URL it is. */
        public Builder provider(Provider who) {
            provider = who;
            return this;
        }

        /**
         * The key, which is sent with what {@link Backstay#ask} makes.
         *
         * @throws IllegalArgumentException if it is null, which an environment variable is that is not set
         */
        public Builder apiKey(@Nullable String key) {
            if (key == null) {
                throw new IllegalArgumentException("api-key is null: is the environment variable set?");
            }
            apiKey = Optional.of(key);
            return this;
        }

        /**
         * {@code upstream.api-key-header}: where the API wants the key. Default: {@code Authorization: Bearer}, but for Anthropic's and
         * Azure's hosts what they document.
         *
         * @throws IllegalArgumentException if no key can stand in a header of this name
         */
        public Builder apiKeyHeader(String name) {
            keyHeader = new KeyHeader(name);
            return this;
        }

        /** {@code upstream.allow-plain-http}: a key may go over plain HTTP to another machine. Default: it may not. */
        public Builder allowPlainHttp() {
            plainHttp = true;
            return this;
        }

        /** {@code max-attempts}: tries of one call that may have been worked on. Default: {@code 6}. */
        public Builder maxAttempts(int most) {
            maxAttempts = most;
            return this;
        }

        /** {@code workload}: what calls are that do not say. Default: it is inferred for each. */
        public Builder workload(Workload kind) {
            workload = Optional.of(kind);
            return this;
        }

        /** {@code timeouts}: changes to the clocks of the workload. Default: none. */
        public Builder timeouts(Clocks clocks) {
            timeouts = clocks;
            return this;
        }

        /** Who hears every signal and step of every call, besides those that were given before. */
        public Builder listener(CallListener listener) {
            listeners.add(listener);
            return this;
        }

        /**
         * Whose TLS, proxy, DNS, connections, network interceptors and event listener each attempt uses; it stays open. Its retries,
         * redirects, timeouts and application interceptors are not used: they are for calls and not for attempts. Default: a client
         * of its own.
         */
        public Builder okHttpClient(OkHttpClient client) {
            http = client;
            return this;
        }

        /**
         * Where calls with futures work, and what hangs on those futures runs. It must not run tasks on the thread that hands them
         * in; it stays open. Default: virtual threads from Java 24 on, else daemon threads.
         */
        public Builder executor(Executor executor) {
            hands = executor;
            return this;
        }

        /** @throws IllegalArgumentException naming a setting with an impossible value, and the rule */
        public Backstay build() {
            Settings all = new Settings(
                    url,
                    provider == null ? Provider.at(url) : provider,
                    apiKey,
                    plainHttp,
                    maxAttempts,
                    workload,
                    timeouts,
                    keyHeader == null ? KeyHeader.at(url) : keyHeader);
            return new Backstay(this, all);
        }
    }
}
