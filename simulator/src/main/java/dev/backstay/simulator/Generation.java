package dev.backstay.simulator;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** A model at work: a first token, then one after the other, and perhaps a fault in the middle. */
final class Generation implements Reply {

    /** Part of the time to the first token after which a streamed answer shows its head. */
    private static final double HEAD_SHARE = 0.9;

    private enum Next {
        HEAD,
        ROLE,
        TOKEN,
        DONE,
        WHOLE,
        WHOLE_REST,
        END
    }

    private final Provider provider;
    private final Ask ask;
    private final Course course;
    private final Bodies.Frame frame;
    private final Fault fault;
    private final Map<String, String> headers;
    private final long startNanos;
    private Next next = Next.HEAD;
    private int generated;

    Generation(Provider provider, Ask ask, Course course, long id, long nowNanos) {
        this.provider = provider;
        this.ask = ask;
        this.course = course;
        this.fault = course.fault();
        this.startNanos = nowNanos;
        this.frame = new Bodies.Frame(Long.toHexString(id), 1_760_000_000L + nowNanos / 1_000_000_000L, ask);
        this.headers = new LinkedHashMap<>(course.headers());
        this.headers.put("content-type", ask.streamed() ? "text/event-stream; charset=utf-8" : "application/json");
        this.headers.put("fireworks-prompt-tokens", Long.toString(ask.promptTokens()));
        this.headers.put(
                "fireworks-server-time-to-first-token", String.format(Locale.ROOT, "%.3f", course.afterNanos() / 1e9));
    }

    /** When the head of a streamed answer comes. */
    static long headNanos(Course course) {
        return (long) (course.afterNanos() * HEAD_SHARE);
    }

    @Override
    public Act next(long nowNanos) {
        Act act = ask.streamed() ? streamed(nowNanos) : whole(nowNanos);
        if (course.cutNanos() != Course.NEVER && nowNanos + act.afterNanos() - startNanos >= course.cutNanos()) {
            act = new Act.Reset(Math.max(0, startNanos + course.cutNanos() - nowNanos));
        }
        return act;
    }

    private Act streamed(long nowNanos) {
        switch (next) {
            case HEAD -> {
                next = fault.kind() == Fault.Kind.SILENCE_AFTER_HEADERS ? Next.END : Next.ROLE;
                return new Act.Head(headNanos(course), 200, headers);
            }
            case ROLE -> {
                next = Next.TOKEN;
                return new Act.Body(0, frame.role());
            }
            case TOKEN -> {
                return generated == course.faultAt() && fault.kind().stage() == Fault.Stage.IN_ANSWER
                        ? streamFault()
                        : token(nowNanos);
            }
            case DONE -> {
                next = Next.END;
                return new Act.Body(0, Bodies.DONE);
            }
            default -> {
                return fault.kind() == Fault.Kind.SILENCE_AFTER_HEADERS ? new Act.Silence() : new Act.End(0);
            }
        }
    }

    private Act token(long nowNanos) {
        if (generated == ask.outputTokens()) {
            next = Next.DONE;
            return new Act.Body(0, frame.finish());
        }
        long pause = generated == 0 ? course.afterNanos() - headNanos(course) : course.gapNanos();
        provider.generated(ask, 1, nowNanos);
        return new Act.Body(pause, frame.tokenChunk(generated++));
    }

    private Act streamFault() {
        next = Next.END;
        long pause = course.gapNanos();
        return switch (fault.kind()) {
            case CUT -> new Act.Reset(pause);
            case STALL -> new Act.Silence();
            case MALFORMED -> new Act.Body(pause, Bodies.MALFORMED_CHUNK);
            case ERROR_EVENT -> new Act.Body(pause, Bodies.ERROR_EVENT);
            default -> new Act.End(pause);
        };
    }

    /** An answer that is not streamed takes as long, and shows nothing until it is whole. */
    private Act whole(long nowNanos) {
        byte[] body = frame.whole();
        int half = body.length / 2;
        switch (next) {
            case HEAD -> {
                next = Next.WHOLE;
                if (fault.kind() != Fault.Kind.NO_DONE && fault.kind() != Fault.Kind.MALFORMED) {
                    headers.put("content-length", Integer.toString(bodyOf(body).length));
                }
                return new Act.Head(course.afterNanos() + course.gapNanos() * ask.outputTokens(), 200, headers);
            }
            case WHOLE -> {
                provider.generated(ask, ask.outputTokens(), nowNanos);
                generated = ask.outputTokens();
                next = Next.WHOLE_REST;
                return switch (fault.kind()) {
                    case SILENCE_AFTER_HEADERS -> new Act.Silence();
                    case CUT, STALL, MALFORMED, NO_DONE -> new Act.Body(0, Arrays.copyOf(body, half));
                    default -> new Act.Body(0, bodyOf(body));
                };
            }
            default -> {
                return switch (fault.kind()) {
                    case CUT -> new Act.Reset(0);
                    case STALL -> new Act.Silence();
                    default -> new Act.End(0);
                };
            }
        }
    }

    private byte[] bodyOf(byte[] whole) {
        return fault.kind() == Fault.Kind.ERROR_EVENT ? Bodies.error("INTERNAL", "internal server error") : whole;
    }

    @Override
    public void close(long nowNanos) {
        if (!ask.streamed() && generated == 0) {
            long sinceFirst = Math.max(0, nowNanos - startNanos - course.afterNanos());
            generated = (int) Math.min(ask.outputTokens(), sinceFirst / Math.max(1, course.gapNanos()));
            provider.generated(ask, generated, nowNanos);
        }
        provider.finished(course);
    }

    @Override
    public long billedTokens() {
        return ask.promptTokens() + generated;
    }
}
