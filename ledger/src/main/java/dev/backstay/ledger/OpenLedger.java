package dev.backstay.ledger;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A ledger that is kept open while it can be used: opened when it is needed, and again after {@link #close} or when its file has been moved or
 * deleted. For one thread at a time.
 */
public final class OpenLedger implements AutoCloseable {

    private final Supplier<Ledger> store;
    private @Nullable Ledger open;

    /** @param store opens it; what it throws says what is wrong */
    public OpenLedger(Supplier<Ledger> store) {
        this.store = store;
    }

    /** The one that is there now. */
    public Ledger get() {
        Ledger here = open;
        if (here != null && here.isThere()) {
            return here;
        }
        close();
        Ledger fresh = store.get();
        open = fresh;
        return fresh;
    }

    /** Lets go of it; whoever asks again gets a new one. */
    @Override
    public void close() {
        Ledger here = open;
        open = null;
        if (here != null) {
            here.close();
        }
    }
}
