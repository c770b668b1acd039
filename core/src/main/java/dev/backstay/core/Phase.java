package dev.backstay.core;

import java.util.Locale;

/**
 * Where a call is on its journey. The table that everything else looks things up in: a timer, a retry rule, a metric
 * label, a word in an error message.
 *
 * <pre>
 * phase        clock        seen by the server?   again?           cost   lost here means      too long here means
 * QUEUED       deadline     no                    yes                 0   –                    deadline
 * RESOLVING    connect      no                    yes                 1   DNS failed           DNS failed
 * CONNECTING   connect      no                    yes                 1   connect failed       connect timeout
 * SECURING     connect      no                    yes                 1   TLS failed           TLS failed
 * SENDING      write        unknown               yes                 1   connection lost      write timeout
 * AWAITING     first token  unknown, yes w/ head  yes, may be billed 10   connection lost      first token timeout
 * STREAMING    idle         yes                   if nothing given   10   stream cut           stream stalled
 * DONE         –            yes                   –                   0   –                    –
 * </pre>
 */
public enum Phase {
    /** Waiting for our own permission. */
    QUEUED(Clock.DEADLINE, Acknowledged.NO, 0),
    /** Asking DNS for the host's addresses. */
    RESOLVING(Clock.CONNECT, Acknowledged.NO, 1),
    /** Opening a TCP connection. */
    CONNECTING(Clock.CONNECT, Acknowledged.NO, 1),
    /** Shaking hands over TLS. */
    SECURING(Clock.CONNECT, Acknowledged.NO, 1),
    /** Sending the bytes of the request. */
    SENDING(Clock.WRITE, Acknowledged.UNKNOWN, 1),
    /** The last byte left; waiting for the first event of the answer. */
    AWAITING(Clock.FIRST_TOKEN, Acknowledged.UNKNOWN, 10),
    /** Between the first event of the answer and its end. */
    STREAMING(Clock.IDLE, Acknowledged.YES, 10),
    /** The answer is complete. */
    DONE(Clock.DEADLINE, Acknowledged.YES, 0);

    /** Which limit of {@link Timeouts} guards a phase. The call's deadline guards all of them besides. */
    public enum Clock {
        DEADLINE,
        CONNECT,
        WRITE,
        FIRST_TOKEN,
        IDLE
    }

    private final Clock clock;
    private final Acknowledged acknowledged;
    private final int cost;
    private final String label;

    Phase(Clock clock, Acknowledged acknowledged, int cost) {
        this.clock = clock;
        this.acknowledged = acknowledged;
        this.cost = cost;
        this.label = name().toLowerCase(Locale.ROOT);
    }

    /** The clock that starts when the phase does. */
    public Clock clock() {
        return clock;
    }

    /** Whether the server saw an attempt that ended here without an answer. */
    public Acknowledged acknowledged() {
        return acknowledged;
    }

    /** What trying again costs the {@link RetryBudget} after an attempt was lost here, in units. */
    public int cost() {
        return cost;
    }

    /** The word used in metrics, error bodies and reports: {@code connecting}. */
    public String label() {
        return label;
    }

    /** What it is called when the connection is lost in this phase. */
    public FailureKind whenLost() {
        return switch (this) {
            case QUEUED, RESOLVING -> FailureKind.DNS_FAILED;
            case CONNECTING -> FailureKind.CONNECT_FAILED;
            case SECURING -> FailureKind.TLS_FAILED;
            case SENDING, AWAITING -> FailureKind.CONNECTION_LOST;
            case STREAMING, DONE -> FailureKind.STREAM_CUT;
        };
    }

    /** What it is called when the phase's {@link #clock()} runs out. */
    public FailureKind whenTimedOut() {
        return switch (this) {
            case QUEUED, DONE -> FailureKind.DEADLINE_EXCEEDED;
            case RESOLVING -> FailureKind.DNS_FAILED;
            case CONNECTING -> FailureKind.CONNECT_TIMEOUT;
            case SECURING -> FailureKind.TLS_FAILED;
            case SENDING -> FailureKind.WRITE_TIMEOUT;
            case AWAITING -> FailureKind.FIRST_TOKEN_TIMEOUT;
            case STREAMING -> FailureKind.STREAM_STALLED;
        };
    }
}
