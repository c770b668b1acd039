package dev.backstay.client;

import java.io.IOException;

/**
 * An answer that was begun and will not be whole. What was read of it before is true, and not all. The cause says in which phase
 * it broke and what to do.
 */
public final class BrokenAnswer extends IOException {

    private static final long serialVersionUID = 1;

    private final CallFailed failed;

    BrokenAnswer(CallFailed failed) {
        super(failed.getMessage(), failed);
        this.failed = failed;
    }

    /** The failure of the call. */
    public CallFailed failed() {
        return failed;
    }
}
