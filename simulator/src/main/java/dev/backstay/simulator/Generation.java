package dev.backstay.simulator;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;

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
    private final Bodies.Frame frame;
    private final Fault fault;
    private final int faultAt;
    private final Map<String, String> headers;
    private final long firstTokenNanos;
    private final long startNanos;
    private final double gapNanos;
    private final RandomGenerator random;
    private Next next = Next.HEAD;
    private int generated;
    private boolean over;

    Generation(
            Provider provider,
            Ask ask,
            Fault fault,
            Map<String, String> headers,
            long nowNanos,
            RandomGenerator random) {
        this.provider = provider;
        this.ask = ask;
        this.fault = fault;
        this.random = random;
        this.startNanos = nowNanos;
        this.frame =
                new Bodies.Frame(Long.toHexString(random.nextLong()), 1_760_000_000L + nowNanos / 1_000_000_000L, ask);
        this.faultAt = (int) (random.nextDouble() * ask.outputTokens());
        this.firstTokenNanos = (long) (provider.script().firstTokenMs() * 1e6 * Math.exp(0.5 * random.nextGaussian()));
        this.gapNanos = provider.script().tokenGapMs() * 1e6;
        this.headers = new LinkedHashMap<>(headers);
        this.headers.put("content-type", ask.streamed() ? "text/event-stream; charset=utf-8" : "application/json");
        this.headers.put("fireworks-prompt-tokens", Long.toString(ask.promptTokens()));
        this.headers.put(
                "fireworks-server-time-to-first-token", String.format(Locale.ROOT, "%.3f", firstTokenNanos / 1e9));
    }

    @Override
    public Act next(long nowNanos) {
        Act act = ask.streamed() ? streamed(nowNanos) : whole(nowNanos);
        if (act instanceof Act.End || act instanceof Act.Reset || act instanceof Act.Silence) {
            finish();
        }
        return act;
    }

    private Act streamed(long nowNanos) {
        switch (next) {
            case HEAD -> {
                next = fault.kind() == Fault.Kind.SILENCE_AFTER_HEADERS ? Next.END : Next.ROLE;
                return new Act.Head((long) (firstTokenNanos * HEAD_SHARE), 200, headers);
            }
            case ROLE -> {
                next = Next.TOKEN;
                return new Act.Body(0, frame.role());
            }
            case TOKEN -> {
                return generated == faultAt && fault.kind().stage() == Fault.Stage.IN_ANSWER
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
        long pause = generated == 0 ? (long) (firstTokenNanos * (1 - HEAD_SHARE)) : gap();
        provider.generated(ask, 1, nowNanos);
        return new Act.Body(pause, frame.tokenChunk(generated++));
    }

    private Act streamFault() {
        next = Next.END;
        long pause = gap();
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
                long work =
                        firstTokenNanos + (long) (gapNanos * ask.outputTokens() * (0.9 + 0.2 * random.nextDouble()));
                return new Act.Head(work, 200, headers);
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

    private long gap() {
        return (long) (gapNanos * (0.5 + random.nextDouble()));
    }

    @Override
    public void abandon(long nowNanos) {
        if (!over && !ask.streamed() && generated == 0) {
            long sinceFirst = Math.max(0, nowNanos - startNanos - firstTokenNanos);
            generated = (int) Math.min(ask.outputTokens(), sinceFirst / gapNanos);
            provider.generated(ask, generated, nowNanos);
        }
        finish();
    }

    private void finish() {
        if (!over) {
            over = true;
            provider.finished();
        }
    }

    @Override
    public long billedTokens() {
        return ask.promptTokens() + generated;
    }
}
