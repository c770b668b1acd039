package dev.backstay.langchain4j;

import dev.backstay.client.Ask;
import dev.backstay.client.Backstay;
import dev.backstay.client.CallFailed;
import dev.backstay.client.CallOptions;
import dev.backstay.client.Clocks;
import dev.backstay.client.LiveReply;
import dev.backstay.client.Reply;
import dev.backstay.core.Deadline;
import dev.langchain4j.exception.HttpException;
import dev.langchain4j.exception.TimeoutException;
import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventListenerUtils;
import dev.langchain4j.http.client.sse.ServerSentEventParser;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** LangChain4j's requests as calls of Backstay. Thread-safe. */
final class HttpTransport implements HttpClient {

    /** What LangChain4j has by itself: two retries. */
    private static final int TRIES = 3;

    /** What LangChain4j's models say if nobody told them; it says nothing where the settings do. */
    private static final Duration USUAL_CONNECT = Duration.ofSeconds(15);

    private static final Duration LONGEST = Duration.ofHours(Deadline.LONGEST_HOURS);
    private static final Duration USUAL_READ = Duration.ofSeconds(60);

    private final Backstay backstay;
    private final CallOptions options;
    private final SecondOwner secondOwner = new SecondOwner();

    HttpTransport(Backstay backstay, @Nullable Duration connect, @Nullable Duration read) {
        this.backstay = backstay;
        boolean somebodySaid = backstay.settings().workload().isPresent()
                || backstay.settings().timeouts().total().isPresent();
        Clocks clocks = Clocks.USUAL;
        if (connect != null && !connect.isZero() && !connect.equals(USUAL_CONNECT)) {
            clocks = clocks.withConnect(connect);
        }
        if (read != null && !read.isZero() && !(somebodySaid && read.equals(USUAL_READ))) {
            clocks = clocks.withAnswer(read).withFirstToken(read).withIdle(read);
            Duration whole = read.multipliedBy(TRIES);
            Duration atLeast = connect == null || connect.compareTo(whole) < 0 ? whole : connect;
            clocks = somebodySaid ? clocks : clocks.withTotal(atLeast.compareTo(LONGEST) < 0 ? atLeast : LONGEST);
        }
        this.options = CallOptions.DEFAULT
                .with(backstay.settings().timeouts().before(clocks))
                .sparingStreams();
    }

    @Override
    public SuccessfulHttpResponse execute(HttpRequest request) {
        secondOwner.asked(request);
        try {
            return response(backstay.send(ask(request), options));
        } catch (CallFailed failed) {
            secondOwner.failed(request);
            throw exception(failed);
        }
    }

    /** Comes back at once; the listener is called on a thread of the {@link Backstay}, never on the caller's. */
    @Override
    public void execute(HttpRequest request, ServerSentEventParser parser, ServerSentEventListener listener) {
        StreamListener stream = new StreamListener(listener);
        backstay.streamAsync(ask(request), options)
                .whenCompleteAsync(
                        (live, thrown) -> {
                            if (thrown != null) {
                                Throwable inner = thrown.getCause();
                                Throwable cause =
                                        thrown instanceof CompletionException && inner != null ? inner : thrown;
                                stream.onError(cause instanceof CallFailed failed ? exception(failed) : cause);
                            } else {
                                read(live, parser, stream);
                            }
                        },
                        backstay.executor());
    }

    private static void read(LiveReply live, ServerSentEventParser parser, StreamListener stream) {
        try (live) {
            ServerSentEventListenerUtils.ignoringExceptions(() -> stream.onOpen(SuccessfulHttpResponse.builder()
                    .statusCode(live.status())
                    .headers(live.headers())
                    .build()));
            parser.parse(live.body(), stream);
            stream.onClose();
        } catch (RuntimeException | Error broken) {
            stream.onError(broken);
        }
    }

    private Ask ask(HttpRequest request) {
        return Requests.ask(request, backstay.settings().provider().classifier());
    }

    private static SuccessfulHttpResponse response(Reply reply) {
        return SuccessfulHttpResponse.builder()
                .statusCode(reply.status())
                .headers(reply.headers())
                .body(reply.body())
                .build();
    }

    /** LangChain4j makes its own exceptions of these. Ours is the cause, or among the suppressed of that. */
    static RuntimeException exception(CallFailed failed) {
        if (failed.asAnswer().isPresent()) {
            Reply answer = failed.asAnswer().get();
            HttpException http = new HttpException(answer.status(), answer.text());
            http.addSuppressed(failed); // the root of its causes decides what LangChain4j makes of it
            return http;
        }
        return switch (failed.failure().kind()) {
            case FIRST_TOKEN_TIMEOUT, DEADLINE_EXCEEDED, CONNECT_TIMEOUT, WRITE_TIMEOUT, STREAM_STALLED ->
                new TimeoutException(failed.getMessage(), failed);
            default -> failed;
        };
    }
}
