package dev.backstay.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backstay.core.GiveUp;
import dev.backstay.core.Phase;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Interrupting, cancelling, closing. */
class LeavingTest extends BackstayRig {

    /** Every clock and hint in these tests is longer. */
    private static final long NO_CLOCK_MILLIS = 5_000;

    private record Left(long millis, boolean flag, Throwable thrown) {}

    /** Interrupts a thread that does this, once the condition holds. */
    private static Left interrupted(Runnable work, Condition when) throws Exception {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        AtomicReference<Boolean> flag = new AtomicReference<>(false);
        Thread caller = new Thread(() -> {
            try {
                work.run();
            } catch (RuntimeException e) {
                thrown.set(e);
            }
            flag.set(Thread.currentThread().isInterrupted());
        });
        caller.start();
        eventually(when);
        long start = System.nanoTime();
        caller.interrupt();
        caller.join(10_000);
        return new Left((System.nanoTime() - start) / 1_000_000, flag.get(), thrown.get());
    }

    private void assertLeft(Left left) {
        assertThat(left.thrown).isNotNull();
        assertThat(left.flag).as("the flag is restored").isTrue();
        assertThat(left.millis).as("no clock ended it").isLessThan(NO_CLOCK_MILLIS);
        eventually(() -> server.connections() == 0);
        assertThat(server.connections()).as("the socket is closed").isZero();
    }

    @Test
    void interrupting_who_waits_for_an_answer_ends_the_call() throws Exception {
        serve((number, talk) -> talk.silence());
        Left left = interrupted(
                () -> backstay.send(whole()), () -> !server.requests().isEmpty());
        assertLeft(left);
        assertThat(left.thrown).isInstanceOfSatisfying(CallFailed.class, failed -> {
            assertThat(failed.reason()).isEqualTo(GiveUp.CANCELLED);
            assertThat(failed.failure().phase()).isEqualTo(Phase.AWAITING);
        });
    }

    @Test
    void interrupting_who_reads_a_stream_ends_the_call() throws Exception {
        serve((number, talk) -> {
            talk.beginStream().token("half");
            talk.silence();
        });
        AtomicBoolean begun = new AtomicBoolean();
        Left left = interrupted(
                () -> {
                    try (LiveReply live = backstay.stream(streamed())) {
                        live.body().readNBytes(10);
                        begun.set(true);
                        text(live);
                    } catch (IOException broken) {
                        throw new IllegalStateException(broken);
                    }
                },
                begun::get);
        assertLeft(left);
        assertThat(left.thrown).hasRootCauseInstanceOf(CallFailed.class);
    }

    @Test
    void interrupting_who_waits_between_two_tries_ends_the_call() throws Exception {
        serve((number, talk) -> talk.answer("429 no", "{}", "Retry-After: 30", "connection: close")
                .close());
        Left left = interrupted(
                () -> backstay.send(whole()), () -> !server.requests().isEmpty());
        assertLeft(left);
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void cancelling_a_future_ends_the_call_wherever_it_is() throws Exception {
        serve((number, talk) -> talk.silence());
        CompletableFuture<LiveReply> flying = backstay.streamAsync(streamed(), CallOptions.DEFAULT);
        eventually(() -> server.connections() == 1 && !server.requests().isEmpty());
        long start = System.nanoTime();
        flying.cancel(true);
        eventually(() -> server.connections() == 0 && backstay.running() == 0);
        assertThat(server.connections()).isZero();
        assertThat((System.nanoTime() - start) / 1e6).as("no clock ended it").isLessThan(NO_CLOCK_MILLIS);
        assertThatThrownBy(flying::join).isInstanceOf(CancellationException.class);

        serve((number, talk) -> talk.answer("429 no", "{}", "Retry-After: 30"));
        CompletableFuture<Reply> waiting = backstay.sendAsync(whole(), CallOptions.DEFAULT);
        eventually(() -> !server.requests().isEmpty() && backstay.connectionsInUse() == 0);
        waiting.cancel(true);
        eventually(() -> backstay.running() == 0);
        assertThat(backstay.running()).isZero();
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void closing_an_answer_closes_its_connection() {
        serve((number, talk) -> {
            talk.beginStream().token("half");
            talk.silence();
        });
        LiveReply live = backstay.stream(streamed());
        live.close();
        live.close();
        eventually(() -> server.connections() == 0);
        assertThat(server.connections()).isZero();
        assertThatThrownBy(() -> live.body().read()).hasMessageContaining("closed");
    }

    @Test
    void closing_the_client_ends_what_runs_and_what_waits() throws Exception {
        serve((number, talk) -> {
            if (number == 1) {
                talk.answer("429 no", "{}", "Retry-After: 30");
            }
            talk.silence();
        });
        CompletableFuture<Reply> waiting = backstay.sendAsync(whole(), CallOptions.DEFAULT);
        eventually(() -> !server.requests().isEmpty());
        AtomicReference<RuntimeException> thrown = new AtomicReference<>();
        Thread blocked = new Thread(() -> {
            try {
                backstay.send(backstay.ask("/completions", CHAT));
            } catch (RuntimeException e) {
                thrown.set(e);
            }
        });
        blocked.start();
        eventually(() -> backstay.running() == 2);
        backstay.close();
        backstay.close();
        blocked.join(5_000);
        assertThat(thrown.get()).isInstanceOf(CallFailed.class).hasMessageContaining("the caller left");
        assertThatThrownBy(() -> waiting.get(5, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(CallFailed.class);
        assertThatThrownBy(() -> backstay.send(whole()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }
}
