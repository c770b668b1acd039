package dev.backstay.simulator;

import dev.backstay.platform.Platform;
import dev.backstay.platform.PlatformAnswer;
import dev.backstay.platform.PlatformRequest;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.FullHttpRequest;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * The {@link Platform} behind the simulator's sockets, on a clock of its own that may run faster.
 *
 * @param platform the model
 * @param speed how much faster than the wall its clock runs
 */
record ControlPlane(Platform platform, double speed) {

    private static final String JSON = "application/json";

    /** How long it takes to answer. */
    private static final long ANSWER_NANOS = 5_000_000;

    boolean owns(FullHttpRequest request) {
        return Platform.owns(request.uri());
    }

    Reply answer(FullHttpRequest request, String base, long nowNanos) {
        String bearer = request.headers().get("authorization", "");
        String key = bearer.startsWith("Bearer ")
                ? bearer.substring("Bearer ".length())
                : request.headers().get("x-api-key", "");
        PlatformAnswer answer;
        try {
            byte[] body = ByteBufUtil.getBytes(request.content());
            answer = platform.answer(
                    PlatformRequest.of(request.method().name(), base, request.uri(), key, body), ownTime(nowNanos));
        } catch (RuntimeException fault) {
            byte[] said = Bodies.error("INTERNAL", "a fault of the simulator: " + fault);
            return Provider.whole(500, JSON, said, ANSWER_NANOS, Map.of());
        }
        return switch (answer.kind()) {
            case SILENT -> Provider.only(new Act.Silence());
            case REFUSED -> Provider.only(new Act.Reset(0));
            case ANSWERED -> Provider.whole(answer.status(), answer.type(), answer.body(), ANSWER_NANOS, Map.of());
        };
    }

    /** The answer of a model, if the deployment that it runs on lets the request in. */
    Reply admitted(String model, long promptTokens, long nowNanos, Supplier<Reply> otherwise) {
        return switch (platform.admit(model, ownTime(nowNanos))) {
            case NOT_MINE -> {
                Reply reply = otherwise.get();
                yield new Closing(reply, overNanos -> bill(model, promptTokens, reply.billedTokens(), overNanos));
            }
            case SCALING_UP -> Provider.whole(503, JSON, Bodies.SCALING_UP, ANSWER_NANOS, Map.of());
            case NOT_FOUND -> Provider.whole(404, JSON, Bodies.ofStatus(404), ANSWER_NANOS, Map.of());
            case FULL -> Provider.whole(429, JSON, Bodies.RATE_LIMITED, ANSWER_NANOS, Map.of());
            case TAKEN -> new Closing(otherwise.get(), leftNanos -> platform.leave(model, ownTime(leftNanos)));
        };
    }

    private void bill(String model, long promptTokens, long billed, long nowNanos) {
        if (billed > 0) {
            long prompt = Math.min(promptTokens, billed);
            platform.billed(model, prompt, billed - prompt, ownTime(nowNanos));
        }
    }

    private long ownTime(long nanos) {
        return (long) (nanos * speed);
    }

    /** A reply after which there is something to do. */
    private record Closing(Reply reply, LongConsumer over) implements Reply {
        @Override
        public Act next(long nowNanos) {
            return reply.next(nowNanos);
        }

        @Override
        public void close(long nowNanos) {
            reply.close(nowNanos);
            over.accept(nowNanos);
        }

        @Override
        public long billedTokens() {
            return reply.billedTokens();
        }
    }
}
