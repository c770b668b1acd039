package dev.backstay.core;

/**
 * Is the key known to be refused?
 *
 * <p>A wrong key stays wrong until somebody acts, and each attempt with it is work for nobody: after {@value #STRIKES}
 * refusals in a row calls fail at once, with what the server said, and one of them looks again every
 * {@value #LOOK_AGAIN_SECONDS} s. Anything else that the server says with this key shows that it is good.
 *
 * <p>Thread-safe.
 */
public final class AuthCache {

    /** Refusals in a row before the key counts as refused. */
    public static final int STRIKES = 3;

    /** How long calls fail at once before one looks again. */
    public static final int LOOK_AGAIN_SECONDS = 10;

    private static final Failure NONE = Failure.of(FailureKind.UNAUTHORIZED, Phase.QUEUED, "");

    private final int believes;
    private int strikes;
    private long lookAgainNanos;
    private Failure said = NONE;

    /** One that never believes a refusal: for keys that cannot be told apart. */
    static AuthCache unbelieving() {
        return new AuthCache(Integer.MAX_VALUE);
    }

    /** Nothing is known. */
    public AuthCache() {
        this(STRIKES);
    }

    private AuthCache(int believes) {
        this.believes = believes;
    }

    /** Whether a call may try the key now. */
    public synchronized boolean admits(long nowNanos) {
        return strikes < believes || lookAgainNanos - nowNanos <= 0;
    }

    /** An attempt with the key goes out; after refusals the next ones may not for a while. */
    public synchronized void sent(long nowNanos) {
        if (strikes >= believes) {
            lookAgainNanos = nowNanos + LOOK_AGAIN_SECONDS * 1_000_000_000L;
        }
    }

    /** What a call gets that {@link #admits} turned away: the server's words, and that we did not ask again. */
    public synchronized Failure refusal() {
        return Failure.of(
                FailureKind.UNAUTHORIZED, Phase.QUEUED, "not asked: the key was refused lately: " + said.message());
    }

    /** An attempt with the key ended. */
    public synchronized void heard(Outcome outcome, long nowNanos) {
        if (outcome instanceof Outcome.Failed failed && failed.failure().kind() == FailureKind.UNAUTHORIZED) {
            said = failed.failure();
            strikes = Math.min(STRIKES, strikes + 1);
            if (strikes == believes) {
                lookAgainNanos = nowNanos + LOOK_AGAIN_SECONDS * 1_000_000_000L;
            }
        } else if (outcome instanceof Outcome.Completed
                || outcome instanceof Outcome.Failed answered
                        && answered.failure().acknowledged() == Acknowledged.YES) {
            strikes = 0;
        }
    }
}
