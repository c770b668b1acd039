package dev.backstay.cli;

import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import me.tongfei.progressbar.ProgressState;
import org.jspecify.annotations.Nullable;

/**
 * How a wait of minutes to days is shown: a line that moves on a terminal; in a pipe a line when something changes, and a sign of
 * life each minute. A process that is told to stop ends it in order.
 */
final class Waiting implements AutoCloseable {

    private static final long HEARTBEAT_NANOS = Duration.ofMinutes(1).toNanos();
    private static final int PERCENT = 100;

    private final FireworksDoor door;
    private final @Nullable ProgressBar bar;
    private final Interrupts interrupts = Interrupts.onShutdown();
    private final long startNanos = System.nanoTime();
    private boolean ended;
    private String last = "";
    private long saidNanos;

    private Waiting(FireworksDoor door, @Nullable ProgressBar bar) {
        this.door = door;
        this.bar = bar;
    }

    static Waiting of(FireworksDoor door, String what, boolean hasPercent) {
        if (!Boolean.getBoolean("backstay.terminal")) {
            return new Waiting(door, null);
        }
        ProgressBarBuilder builder = new ProgressBarBuilder().setTaskName(what).setInitialMax(PERCENT);
        if (hasPercent) {
            builder.continuousUpdate().setStyle(ProgressBarStyle.COLORFUL_UNICODE_BLOCK);
        } else {
            builder.continuousUpdate().setRenderer(Waiting::line); // nobody knows how far it is, so there is no bar
        }
        return new Waiting(door, builder.build());
    }

    private static String line(ProgressState state, int width) {
        Duration elapsed = state.getElapsedAfterStart();
        String line = String.format(
                "%s  %d:%02d:%02d %s",
                state.getTaskName(),
                elapsed.toHours(),
                elapsed.toMinutesPart(),
                elapsed.toSecondsPart(),
                state.getExtraMessage());
        return line.substring(0, Math.min(width, line.length()));
    }

    /** It goes on, for this reason. */
    synchronized void heard(String because) {
        if (bar != null) {
            bar.setExtraMessage(" " + because);
            bar.refresh();
            return;
        }
        long now = System.nanoTime();
        if (!because.equals(last) || now - saidNanos > HEARTBEAT_NANOS) {
            last = because;
            saidNanos = now;
            long seconds = (now - startNanos) / 1_000_000_000;
            door.say(String.format("%d:%02d:%02d %s", seconds / 3600, seconds / 60 % 60, seconds % 60, because));
        }
    }

    /** So much is done. */
    synchronized void percent(long percent, String because) {
        if (bar != null) {
            bar.stepTo(Math.min(PERCENT, percent));
        }
        heard(because);
    }

    /** The wait is over, and something else is printed now. */
    void end() {
        if (bar != null && !ended) {
            ended = true;
            bar.close();
        }
    }

    @Override
    public void close() {
        end();
        interrupts.close();
    }
}
