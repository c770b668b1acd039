package dev.backstay.cli;

import java.util.function.IntConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A progress bar on a terminal, nothing in a pipe. */
record Progress(@Nullable ProgressBar bar) implements IntConsumer, AutoCloseable {

    static Progress of(String what, long most, boolean quiet) {
        if (quiet || !Boolean.getBoolean("backstay.terminal")) {
            return new Progress(null);
        }
        return new Progress(new ProgressBarBuilder()
                .setTaskName(what)
                .setInitialMax(most)
                .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BLOCK)
                .build());
    }

    /** One more is done. */
    @Override
    public void accept(int done) {
        if (bar != null) {
            bar.step();
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
