package dev.backstay.langchain4j;

import dev.langchain4j.http.client.HttpRequest;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that somebody tries again what has just been given up, which is LangChain4j unless it was told not to, and says so once.
 * Keeps no request, only how to know one. Thread-safe.
 */
final class SecondOwner {

    private static final Logger LOG = LoggerFactory.getLogger(BackstayHttpClientBuilder.class);

    /** LangChain4j's own pauses are shorter. */
    private static final long SOON_NANOS = 5_000_000_000L;

    private record GivenUp(int hash, long atNanos) {}

    private final AtomicBoolean warned = new AtomicBoolean();
    private volatile Optional<GivenUp> last = Optional.empty();

    void failed(HttpRequest request) {
        last = Optional.of(new GivenUp(hash(request), System.nanoTime()));
    }

    void asked(HttpRequest request) {
        Optional<GivenUp> known = last;
        boolean again = known.isPresent()
                && known.get().hash == hash(request)
                && System.nanoTime() - known.get().atNanos < SOON_NANOS;
        if (again && warned.compareAndSet(false, true)) {
            LOG.warn(
                    "a request that Backstay has given up is tried again at once: if that is LangChain4j, build its models with"
                            + " maxRetries(0)");
        }
    }

    private static int hash(HttpRequest request) {
        return Objects.hash(request.url(), request.body());
    }
}
