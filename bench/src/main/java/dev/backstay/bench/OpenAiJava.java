package dev.backstay.bench;

import com.openai.core.RequestOptions;
import com.openai.core.Sleeper;
import com.openai.core.http.Headers;
import com.openai.core.http.HttpClient;
import com.openai.core.http.HttpMethod;
import com.openai.core.http.HttpRequest;
import com.openai.core.http.HttpResponse;
import com.openai.core.http.RetryingHttpClient;
import com.openai.errors.OpenAIIoException;
import dev.backstay.core.Failure;
import dev.backstay.simulator.World;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The official SDK for Java: its own retrying client, with the virtual clock as its clock and its sleeper. */
final class OpenAiJava {

    private static final HttpRequest REQUEST = HttpRequest.builder()
            .method(HttpMethod.POST)
            .baseUrl("http://simulator")
            .addPathSegment("v1")
            .build();

    private OpenAiJava() {}

    static PeerRules.Library of(World world, Draws draws) {
        VirtualScheduler scheduler = new VirtualScheduler(world.time());
        Clock clock = scheduler.clock();
        return send -> RetryingHttpClient.builder()
                .httpClient(new Transport(send))
                .sleeper(new VirtualSleeper(scheduler))
                .clock(clock)
                .build()
                .executeAsync(REQUEST, RequestOptions.none());
    }

    /** The SDK's way to the wire ends here. */
    private record Transport(Supplier<CompletableFuture<PeerRules.Answered>> send) implements HttpClient {

        @Override
        public CompletableFuture<HttpResponse> executeAsync(HttpRequest request, RequestOptions options) {
            return send.get().handle((answered, failure) -> {
                if (failure instanceof PeerRules.AttemptFailed failed && !PeerRules.brokeLater(failed.failure())) {
                    throw new OpenAIIoException("Request failed", failed);
                }
                return answered == null ? new Response(200, null) : new Response(answered.status(), answered.failure());
            });
        }

        @Override
        public HttpResponse execute(HttpRequest request, RequestOptions options) {
            throw new UnsupportedOperationException("there is no time to block in");
        }

        @Override
        public void close() {}
    }

    private record Response(int status, @Nullable Failure failure) implements HttpResponse {

        @Override
        public int statusCode() {
            return status;
        }

        @Override
        public Headers headers() {
            Headers.Builder headers = Headers.builder();
            if (failure != null) {
                failure.hint().ifPresent(hint -> headers.put("Retry-After-Ms", Double.toString(hint.toNanos() / 1e6)));
                failure.again().ifPresent(again -> headers.put("x-should-retry", again.toString()));
            }
            return headers.build();
        }

        @Override
        public InputStream body() {
            return InputStream.nullInputStream();
        }

        @Override
        public void close() {}
    }

    private record VirtualSleeper(VirtualScheduler scheduler) implements Sleeper {

        @Override
        public CompletableFuture<Void> sleepAsync(Duration duration) {
            CompletableFuture<Void> slept = new CompletableFuture<>();
            long micros = Math.round(duration.toNanos() / 1e3); // to the precision of Draws
            scheduler.schedule(() -> slept.complete(null), micros, TimeUnit.MICROSECONDS);
            return slept;
        }

        @Override
        public void sleep(Duration duration) {
            throw new UnsupportedOperationException("there is no time to block in");
        }

        @Override
        public void close() {}
    }
}
