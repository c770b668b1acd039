package dev.backstay.gateway;

import dev.backstay.core.Cutoff;
import dev.backstay.core.Priority;
import dev.backstay.core.Request;
import dev.backstay.core.Size;
import dev.backstay.core.StreamPolicy;
import dev.backstay.core.Timeouts;
import dev.backstay.core.Workload;
import dev.backstay.gateway.keys.CallerKey;
import dev.backstay.wire.Classifier;
import dev.backstay.wire.Endpoint;
import dev.backstay.wire.Idempotency;
import dev.backstay.wire.Reading;
import dev.backstay.wire.RequestPeek;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpRequest;
import java.util.Optional;

/**
 * A caller's request, whole and understood as far as needed.
 *
 * @param head its head as it came
 * @param endpoint what it asks; empty if it is passed on as it is
 * @param path below the API's version, with its query
 * @param body its bytes; owned by the exchange, which releases them
 * @param peek what its body says
 * @param way where it may go
 * @param key whose it is, if callers need keys of ours
 * @param workload what kind of work it is, and how we know
 * @param timeouts how long it may take
 * @param cutoff what the end of that time ends
 * @param priority who goes first when not all can
 * @param stream what happens when the answer breaks
 */
record Inbound(
        HttpRequest head,
        Optional<Endpoint> endpoint,
        String path,
        ByteBuf body,
        RequestPeek peek,
        Routes.Way way,
        Optional<CallerKey> key,
        Workload.Choice workload,
        Timeouts timeouts,
        Cutoff cutoff,
        Priority priority,
        StreamPolicy stream) {

    /** The largest answer that is held until it is whole, in bytes. */
    private static final int WHOLE_LIMIT = 32 * 1024 * 1024;

    /** Whether the answer is a stream that ends with a last word. */
    boolean streams() {
        return peek.streamed() && endpoint.isPresent() && dialect() == Endpoint.Dialect.CHAT;
    }

    /** What its caller reads. */
    Endpoint.Dialect dialect() {
        return endpoint.map(Endpoint::dialect).orElse(Endpoint.Dialect.CHAT);
    }

    /** What the engine has to know about it. */
    Request request(String callId, long nowNanos) {
        return Request.arriving(callId, way.route().first(), workload.workload(), timeouts, peek.streamed(), nowNanos)
                .with(way.route())
                .doing(endpoint.map(Endpoint::operation).orElse(""))
                .with(priority)
                .with(stream)
                .with(cutoff)
                .with(new Size(peek.promptTokens(), peek.outputLimit()));
    }

    /** How the answers to it are read. */
    Reading reading(Classifier classifier) {
        if (endpoint.isPresent()) {
            return Reading.of(endpoint.get(), classifier, peek, WHOLE_LIMIT);
        }
        Idempotency again = Idempotency.of(head.method().name(), Endpoint.withoutQuery(path), peek);
        return Reading.ofAnything(classifier, peek, again, WHOLE_LIMIT);
    }

    /** Whether the keys it brings are for the API, and not for us. */
    boolean callersKeys() {
        return key.isEmpty();
    }
}
