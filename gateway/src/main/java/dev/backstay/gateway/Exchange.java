package dev.backstay.gateway;

import dev.backstay.client.Problem;
import dev.backstay.core.Attempt;
import dev.backstay.core.Call;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.GiveUp;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Request;
import dev.backstay.core.Result;
import dev.backstay.core.Signal;
import dev.backstay.core.Size;
import dev.backstay.core.Step;
import dev.backstay.core.Target;
import dev.backstay.wire.Answer;
import dev.backstay.wire.Headers;
import dev.backstay.wire.LimitHeaders;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.Future;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One call through the gateway: the event-loop driver. Carries out the steps of its {@link Call} on the loop of the
 * caller's connection, and holds the caller's request until the end.
 */
final class Exchange {

    private final Gateway gateway;
    private final EventLoop loop;
    private final Inbound inbound;
    private final CallerWriter writer;
    private final Runnable whenOver;
    private final Call call;

    private @Nullable UpstreamAttempt running;
    private @Nullable Answer answer;
    private @Nullable HttpResponse answerHead;
    private @Nullable ByteBuf held;
    private boolean bodyEnded;
    private boolean distrustPool;
    private boolean delivering;
    private long released;
    private boolean paused;
    private @Nullable Future<?> wakeTimer;
    private @Nullable Future<?> clockTimer;
    private long clockTimerNanos;
    private boolean over;

    Exchange(Gateway gateway, ChannelHandlerContext caller, Inbound inbound, CallerWriter writer, Runnable whenOver) {
        this.gateway = gateway;
        this.loop = caller.channel().eventLoop();
        this.inbound = inbound;
        this.writer = writer;
        this.whenOver = whenOver;
        Request request = Request.arriving(
                        writer.callId(),
                        new Target(
                                gateway.upstream().authority(),
                                inbound.peek().model(),
                                gateway.upstream().credential(inbound.head().headers()),
                                false),
                        inbound.workload().workload(),
                        inbound.timeouts(),
                        inbound.peek().streamed(),
                        now())
                .doing(inbound.endpoint().operation())
                .with(new Size(inbound.peek().promptTokens(), Size.NO_LIMIT));
        this.call = gateway.engine().newCall(request, () -> loop.execute(() -> tell(Signal.WOKE)), gateway.random());
    }

    void start() {
        tell(Signal.STARTED);
    }

    /** The caller left. */
    void cancel() {
        tell(Signal.CANCELLED);
    }

    /** The caller takes bytes again, or takes no more for now. */
    void callerWritable(boolean writable) {
        UpstreamAttempt attempt = running;
        if (over || attempt == null || !delivering || paused == !writable) {
            return;
        }
        paused = !writable;
        attempt.pauseReading(paused);
        if (paused) {
            attempt.attempt().pause(now());
        } else {
            attempt.attempt().resume(now());
            guard();
        }
    }

    private long now() {
        return gateway.ticker().nanos();
    }

    private void tell(Signal signal) {
        if (!over) {
            perform(call.on(signal, now()));
        }
    }

    private void perform(Step step) {
        if (step instanceof Step.Send send) {
            send(send.attempt());
        } else if (step instanceof Step.Wait wait) {
            cancel(wakeTimer);
            wakeTimer = after(wait.untilNanos() - now(), () -> tell(Signal.WOKE));
        } else if (step instanceof Step.Deliver) {
            deliver();
        } else if (step instanceof Step.Finish finish) {
            finish(finish.result());
        }
    }

    private void send(Attempt attempt) {
        cancel(wakeTimer);
        dropAnswer();
        UpstreamAttempt next =
                new UpstreamAttempt(this, attempt, gateway.upstream().pool(loop), distrustPool);
        running = next;
        guard();
        next.begin();
    }

    // What the attempt tells.

    void entered(Attempt attempt, Phase phase) {
        tell(new Signal.Entered(attempt, phase));
        guard();
    }

    long elapsedNanos(Attempt attempt) {
        return attempt.elapsedNanos(now());
    }

    void progress(Attempt attempt) {
        attempt.progress(now());
    }

    void head(Attempt attempt, HttpResponse head) {
        if (attempt.phase() == Phase.SENDING) {
            entered(attempt, Phase.AWAITING); // it answers before it has read everything
        }
        Headers headers = name -> Optional.ofNullable(head.headers().get(name));
        tell(new Signal.Headed(attempt, LimitHeaders.parse(headers)));
        answerHead = head;
        answer = Answer.of(
                inbound.endpoint(),
                head.status().code(),
                headers,
                gateway.upstream().classifier(),
                Instant.now());
    }

    void content(ByteBuf bytes) {
        Answer reader = answer;
        if (reader == null || over) {
            return;
        }
        long before = reader.progress();
        reader.read(bytes.nioBuffer());
        boolean allReleased = delivering && held == null && reader.releasable() - released == bytes.readableBytes();
        if (allReleased) {
            released += bytes.readableBytes();
            writer.piece(bytes.retain());
        } else {
            hold(bytes);
        }
        look(reader, before);
    }

    /** The body ended as HTTP says. */
    void end() {
        Answer reader = answer;
        if (reader != null && !over) {
            bodyEnded = true;
            long before = reader.progress();
            reader.end();
            look(reader, before);
        }
    }

    void flush() {
        writer.flush();
    }

    void failed(Failure failure) {
        distrustPool |= failure.kind() == FailureKind.STALE_CONNECTION;
        end(new Outcome.Failed(failure), false);
    }

    // What it means.

    private void look(Answer reader, long progressBefore) {
        UpstreamAttempt attempt = running;
        if (attempt == null) {
            return;
        }
        boolean failed = reader.outcome().orElse(null) instanceof Outcome.Failed;
        if (reader.started() && !delivering && !failed) {
            tell(new Signal.FirstEvent(attempt.attempt()));
        } else if (reader.progress() != progressBefore && delivering) {
            attempt.attempt().progress(now());
        }
        release(reader);
        reader.outcome().ifPresent(outcome -> end(outcome, outcome instanceof Outcome.Completed || !reader.started()));
    }

    private void end(Outcome outcome, boolean answerWhole) {
        UpstreamAttempt attempt = running;
        if (attempt != null) {
            try {
                closeAttempt(answerWhole);
            } finally {
                tell(new Signal.Ended(attempt.attempt(), outcome));
            }
        }
    }

    private void deliver() {
        Answer reader = answer;
        HttpResponse head = answerHead;
        if (reader == null || head == null) {
            return;
        }
        delivering = true;
        boolean whole = reader.outcome().orElse(null) instanceof Outcome.Completed;
        writer.begin(head, whole ? reader.releasable() : CallerWriter.UNKNOWN_LENGTH, call.attemptsSent());
        callerWritable(writer.isWritable());
        guard();
    }

    /** Copies, so that an answer in many small pieces costs its bytes and not its pieces. */
    private void hold(ByteBuf bytes) {
        ByteBuf all = held;
        if (all == null) {
            all = bytes.alloc().buffer(bytes.readableBytes());
            held = all;
        }
        all.writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
    }

    private void release(Answer reader) {
        ByteBuf all = held;
        long more = reader.releasable() - released;
        if (!delivering || all == null || more <= 0) {
            return;
        }
        released += more;
        if (more == all.readableBytes()) {
            held = null;
            writer.piece(all);
        } else {
            writer.piece(all.readBytes((int) more)); // a copy: what stays behind moves to the front
            all.discardReadBytes();
        }
    }

    // How it ends.

    private void finish(Result result) {
        over = true;
        cancel(wakeTimer);
        try {
            closeAttempt(false);
            if (result instanceof Result.Failed failed) {
                fail(failed);
            } else {
                writer.end();
            }
        } finally {
            dropAnswer();
            inbound.body().release();
            whenOver.run();
        }
    }

    private void fail(Result.Failed failed) {
        if (failed.reason() == GiveUp.CANCELLED) {
            return;
        }
        HttpResponse head = answerHead;
        ByteBuf body = held;
        boolean providersOwnWord = failed.reason() == GiveUp.NOT_RETRYABLE
                && bodyEnded
                && head != null
                && body != null
                && head.status().code() == failed.failure().status();
        if (failed.delivered()) {
            writer.breakOff(
                    Problem.of(failed, call.attemptsSent()),
                    inbound.endpoint().dialect(),
                    inbound.peek().streamed());
        } else if (providersOwnWord && head != null && body != null) {
            held = null;
            writer.forwardRefusal(head, body, call.attemptsSent());
        } else {
            writer.problem(
                    Problem.of(failed, call.attemptsSent()), failed.failure().hint());
        }
    }

    private void closeAttempt(boolean answerWhole) {
        cancel(clockTimer);
        clockTimer = null;
        UpstreamAttempt attempt = running;
        if (attempt != null) {
            running = null;
            attempt.close(answerWhole);
        }
    }

    private void dropAnswer() {
        answer = null;
        answerHead = null;
        bodyEnded = false;
        if (held != null) {
            held.release();
            held = null;
        }
    }

    // Timers.

    /** Watches the clock of the attempt's phase. Progress moves that on, so when the timer fires it looks again. */
    private void guard() {
        UpstreamAttempt attempt = running;
        if (attempt == null || over) {
            return;
        }
        long clock = attempt.attempt().clockNanos();
        if (clockTimer != null && clockTimerNanos - clock <= 0) {
            return;
        }
        cancel(clockTimer);
        clockTimerNanos = clock;
        clockTimer = after(clock - now(), () -> {
            clockTimer = null;
            if (running != attempt) {
                return;
            }
            if (attempt.attempt().clockNanos() - now() > 0) {
                guard();
            } else {
                closeAttempt(false);
                tell(new Signal.TimedOut(attempt.attempt()));
                writer.flush();
            }
        });
    }

    private Future<?> after(long nanos, Runnable what) {
        return loop.schedule(what, Math.max(0, nanos), TimeUnit.NANOSECONDS);
    }

    private static void cancel(@Nullable Future<?> timer) {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    // What is sent.

    HttpRequest requestHead(Upstream upstream) {
        HttpRequest head = new DefaultHttpRequest(
                HttpVersion.HTTP_1_1,
                inbound.head().method(),
                upstream.path(inbound.endpoint(), inbound.head().uri()));
        upstream.headers(
                inbound.head().headers(), head.headers(), inbound.body().readableBytes(), writer.callId());
        return head;
    }

    ByteBuf requestBody() {
        return inbound.body();
    }
}
