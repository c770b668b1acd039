package dev.backstay.simulator;

import dev.backstay.core.Attempt;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Signal;

/** One attempt on its way through the network, up to the moment its last byte reaches the provider. */
abstract class VirtualAttempt {

    /** The ways through the network, in nanoseconds: nothing to tune, something to be seen. */
    private static final long RESOLVE = 1_000_000;

    private static final long CONNECT = 10_000_000;
    private static final long SECURE = 20_000_000;
    private static final long SEND = 5_000_000;

    /** All the way of a healthy attempt. */
    static final long WAY_NANOS = RESOLVE + CONNECT + SECURE + SEND;

    private static final long SLOW_RESOLVE = 5_000_000_000L;

    private final VirtualDriver driver;
    private final VirtualTime time;
    private final Attempt attempt;
    private final Provider provider;
    private Fault fault = Fault.NONE;
    private long checkAtNanos = Course.NEVER;
    private final Ask ask;
    private boolean begun;
    private boolean delivering;
    private boolean closed;

    VirtualAttempt(VirtualDriver driver, Attempt attempt, Provider provider) {
        this.driver = driver;
        this.time = driver.world().time();
        this.attempt = attempt;
        this.provider = provider;
        this.ask = driver.ask(attempt);
    }

    final Ask ask() {
        return ask;
    }

    /** The answer has shown itself to be good; told once. */
    final void begin(boolean started) {
        if (started && !begun) {
            begun = true;
            driver.begun(this);
            guard();
        }
    }

    final boolean isBegun() {
        return begun;
    }

    final Attempt attempt() {
        return attempt;
    }

    final Provider provider() {
        return provider;
    }

    final VirtualDriver driver() {
        return driver;
    }

    final long now() {
        return time.nanos();
    }

    final boolean isClosed() {
        return closed;
    }

    final boolean isDelivering() {
        return delivering;
    }

    /** The last byte of the request is there. */
    abstract void arrive(Fault fate);

    /** The answer so far goes to the caller, and what follows goes as it comes. */
    void deliver() {
        delivering = true;
        guard();
    }

    /** When something is due although nothing comes. */
    long dueNanos() {
        return attempt.clockNanos();
    }

    /** That moment has come. */
    void due() {
        close(false);
        driver.tell(new Signal.TimedOut(attempt));
    }

    /** Progress that has happened and was not told yet. */
    abstract void catchUp();

    /** It is over for the provider too; says how many tokens were billed. */
    abstract long abandon();

    /** Tokens of the answer that the caller has. */
    abstract int delivered();

    final void begin() {
        fault = provider.encounter(now(), driver.world().chance().faults(driver.callNumber(), attempt.number()));
        guard();
        if (fault.kind().stage() == Fault.Stage.CONNECTION) {
            resolve();
        } else {
            later(WAY_NANOS, this::sent);
        }
    }

    private void sent() {
        enter(Phase.AWAITING);
        if (!closed) {
            arrive(fault);
        }
    }

    private void resolve() {
        long nanos = fault.kind() == Fault.Kind.SLOW_DNS ? SLOW_RESOLVE : RESOLVE;
        passes(
                Fault.Kind.DNS,
                nanos,
                Phase.CONNECTING,
                () -> passes(
                        Fault.Kind.REFUSE,
                        CONNECT,
                        Phase.SECURING,
                        () -> passes(Fault.Kind.TLS, SECURE, Phase.SENDING, () -> later(SEND, this::sent))));
    }

    /** After a while the attempt is in the next phase, unless this fault is its fate. */
    private void passes(Fault.Kind fate, long nanos, Phase next, Runnable then) {
        if (fault.kind() == Fault.Kind.BLACK_HOLE && next == Phase.SECURING) {
            return; // the clock of the phase will tell
        }
        later(nanos, () -> {
            if (fault.kind() == fate) {
                end(new Outcome.Failed(attempt.lost("simulated: " + fate.word())));
            } else {
                enter(next);
                then.run();
            }
        });
    }

    private void enter(Phase next) {
        driver.tell(new Signal.Entered(attempt, next));
        guard();
    }

    /** Looks after the clock of the phase; progress moves it on, so when woken it looks again. */
    final void guard() {
        long clock = dueNanos();
        if (closed || clock >= checkAtNanos) {
            return;
        }
        checkAtNanos = clock;
        later(clock - now(), () -> {
            if (checkAtNanos != clock) {
                return;
            }
            checkAtNanos = Course.NEVER;
            catchUp();
            if (now() >= dueNanos()) {
                due();
            }
            guard();
        });
    }

    final void later(long nanos, Runnable what) {
        time.at(now() + nanos, () -> {
            if (!closed) {
                what.run();
            }
        });
    }

    final void end(Outcome outcome) {
        close(outcome instanceof Outcome.Completed);
        driver.ended(this, outcome);
    }

    /** The call succeeded with this attempt: what was held back goes to the caller. */
    void handOver() {
        delivering = true;
    }

    final void close(boolean whole) {
        if (!closed) {
            closed = true;
            long billed = abandon();
            int useful = whole ? 0 : delivered();
            driver.broke(useful);
            driver.closed(this, whole ? 0 : billed - useful);
        }
    }
}
