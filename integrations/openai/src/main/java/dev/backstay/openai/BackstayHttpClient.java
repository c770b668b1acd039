package dev.backstay.openai;

import com.openai.core.RequestOptions;
import com.openai.core.Timeout;
import com.openai.core.http.HttpClient;
import com.openai.core.http.HttpRequest;
import com.openai.core.http.HttpResponse;
import com.openai.errors.OpenAIIoException;
import dev.backstay.client.Ask;
import dev.backstay.client.Backstay;
import dev.backstay.client.CallFailed;
import dev.backstay.client.CallOptions;
import dev.backstay.client.LiveReply;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An {@code HttpClient} of the OpenAI SDK whose every request is a call of Backstay. Use {@link BackstayOpenAi} unless you build
 * {@code ClientOptions} yourself; then set {@code maxRetries(0)}, because two owners of retries multiply.
 *
 * <p>Works with openai-java 4.49.0 and newer. Thread-safe. Closing it closes nothing: the {@link Backstay} is its maker's.
 */
public final class BackstayHttpClient implements HttpClient {

    private static final Logger LOG = LoggerFactory.getLogger(BackstayHttpClient.class);

    /** How the SDK says which of its own tries this is. */
    private static final String SDK_RETRY = "X-Stainless-Retry-Count";

    private final Backstay backstay;
    private final AtomicBoolean warned = new AtomicBoolean();
    private volatile @Nullable Timeout usualTimeout;

    /** Requests that say nothing of timeouts have this one; what differs was said with the request. */
    void usualTimeout(Timeout timeout) {
        usualTimeout = timeout;
    }

    /** One whose calls are these. */
    public BackstayHttpClient(Backstay backstay) {
        this.backstay = backstay;
    }

    @Override
    public HttpResponse execute(HttpRequest request, RequestOptions options) {
        Ask ask = ask(request);
        try {
            return SdkResponse.of(backstay.stream(ask, limits(options)));
        } catch (CallFailed failed) {
            return failed.asAnswer().map(SdkResponse::of).orElseThrow(() -> ioException(failed));
        } finally {
            SdkRequest.close(request);
        }
    }

    /** Never throws: what is wrong completes the future. Cancelling the future ends the call. */
    @Override
    public CompletableFuture<HttpResponse> executeAsync(HttpRequest request, RequestOptions options) {
        CompletableFuture<LiveReply> call;
        try {
            call = backstay.streamAsync(ask(request), limits(options));
        } catch (RuntimeException wrong) {
            SdkRequest.close(request);
            return CompletableFuture.failedFuture(wrong);
        }
        CompletableFuture<HttpResponse> response = new CompletableFuture<>();
        call.whenComplete((live, thrown) -> {
            SdkRequest.close(request);
            if (thrown != null) {
                Throwable cause = thrown.getCause();
                fail(response, thrown instanceof CompletionException && cause != null ? cause : thrown);
            } else if (!response.complete(SdkResponse.of(live))) {
                live.close();
            }
        });
        response.whenComplete((done, thrown) -> {
            if (thrown != null) {
                call.cancel(true);
            }
        });
        return response;
    }

    private static void fail(CompletableFuture<HttpResponse> response, Throwable thrown) {
        if (thrown instanceof CallFailed failed) {
            failed.asAnswer()
                    .ifPresentOrElse(
                            answer -> response.complete(SdkResponse.of(answer)),
                            () -> response.completeExceptionally(ioException(failed)));
        } else {
            response.completeExceptionally(thrown);
        }
    }

    private Ask ask(HttpRequest request) {
        boolean again = request.headers().values(SDK_RETRY).stream().anyMatch(count -> !count.equals("0"));
        if (again && warned.compareAndSet(false, true)) {
            LOG.warn(
                    "the OpenAI SDK tries again by itself, on top of Backstay: set maxRetries(0), or use BackstayOpenAi");
        }
        return SdkRequest.ask(request, backstay.settings().provider().classifier());
    }

    private CallOptions limits(RequestOptions options) {
        Timeout usual = usualTimeout;
        Timeout given = options.getTimeout();
        boolean nearer = usual != null && given != null && !given.equals(usual);
        return SdkTimeout.options(given, backstay.settings(), nearer);
    }

    private static OpenAIIoException ioException(CallFailed failed) {
        return new OpenAIIoException(failed.getMessage(), failed);
    }

    @Override
    public void close() {}
}
