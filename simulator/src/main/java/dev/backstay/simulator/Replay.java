package dev.backstay.simulator;

import dev.backstay.core.CallListener;
import dev.backstay.core.Engine;
import dev.backstay.core.Request;
import dev.backstay.core.RetryPolicy;
import dev.backstay.core.Size;
import dev.backstay.core.Target;
import dev.backstay.core.Timeouts;
import dev.backstay.core.Workload;
import dev.backstay.wire.Endpoint;
import java.time.Duration;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * A trace, played in virtual time against a provider that fails, by one policy at a time.
 *
 * @param script how the provider behaves
 * @param deadline what each caller allows
 * @param streamed whether callers ask for streams
 * @param speed how many times faster than recorded the calls arrive; nothing else gets faster
 * @param seed of everything that is drawn
 */
public record Replay(Script script, Duration deadline, boolean streamed, double speed, long seed) {

    /** The model that a replayed call asks for; traces do not name one. */
    public static final String MODEL = "accounts/fireworks/models/replayed";

    private static final Target TARGET = new Target("simulator", MODEL);

    public Replay {
        if (!(speed > 0) || speed > 1e6) {
            throw new IllegalArgumentException("speed is " + speed + ": it must be above 0 and at most 1000000");
        }
    }

    /** Backstay, with its defaults. */
    public static Policy backstay(CallListener listener) {
        Engine engine = new Engine(RetryPolicy.DEFAULT, listener);
        return arrival -> engine.newCall(arrival.request(), arrival.waker(), arrival.random())::on;
    }

    /** A client with the official SDK's defaults. */
    public static Policy direct() {
        return Rival.OPENAI_PYTHON.policy(null);
    }

    /**
     * Plays all rows.
     *
     * @param progress hears how many calls have ended
     */
    public Tally play(List<Trace.Row> rows, Policy policy, IntConsumer progress) {
        VirtualTime time = new VirtualTime();
        World world = World.of(time, new Provider(script), new Chance(seed));
        Tally tally = new Tally();
        Timeouts timeouts = Workload.INTERACTIVE.timeouts().withTotal(deadline);
        int[] ended = {0};
        Receiver counting = Receiver.of(ending -> {
            tally.call(ending);
            progress.accept(++ended[0]);
        });
        for (int i = 0; i < rows.size(); i++) {
            Trace.Row row = rows.get(i);
            int number = i;
            time.at((long) (row.atNanos() / speed), () -> {
                Ask ask = new Ask(Endpoint.CHAT_COMPLETIONS, MODEL, row.promptTokens(), row.outputTokens(), streamed);
                Request request = Request.arriving(
                                "r" + number, TARGET, Workload.INTERACTIVE, timeouts, streamed, time.nanos())
                        .with(new Size(row.promptTokens(), Size.NO_LIMIT));
                new VirtualDriver(world, number, ask, request, policy, counting).start();
            });
        }
        time.run();
        return tally;
    }
}
