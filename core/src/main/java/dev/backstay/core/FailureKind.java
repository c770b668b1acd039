package dev.backstay.core;

import java.util.Locale;

/**
 * Why an attempt or a call failed. The second table: a row per kind, a column per question that a decider asks.
 *
 * <p>The kinds, their costs and what the gate hears follow the classification of public retry designs (AWS SDK standard
 * mode, gRPC A6, Finagle) and the provider's error pages; {@code RetryPolicy}, {@code RetryBudget} and {@code Gate} never
 * ask what the failure was, only what its row says.
 */
public enum FailureKind {
    // The request never left.
    DNS_FAILED(Again.YES, Cost.OF_PHASE, Blame.NETWORK, GateNews.DOWN, "check the host name and the resolver"),
    CONNECT_FAILED(Again.YES, Cost.OF_PHASE, Blame.NETWORK, GateNews.DOWN, "check the network path to the host"),
    CONNECT_TIMEOUT(Again.YES, Cost.OF_PHASE, Blame.NETWORK, GateNews.DOWN, "check firewalls and the network path"),
    CERTIFICATE_REFUSED(
            Again.ONCE,
            Cost.ONE,
            Blame.NETWORK,
            GateNews.NOTHING,
            "renew or trust the certificate; check proxies and the clock"),
    TLS_FAILED(Again.YES, Cost.OF_PHASE, Blame.NETWORK, GateNews.DOWN, "check certificates, proxies and the clock"),

    // It left, and no answer came.
    STALE_CONNECTION(Again.YES, Cost.ONE, Blame.NETWORK, GateNews.NOTHING, "nothing: an idle connection was closed"),
    WRITE_TIMEOUT(Again.YES, Cost.OF_PHASE, Blame.NETWORK, GateNews.DOWN, "check the uplink or send a smaller prompt"),
    CONNECTION_LOST(Again.YES, Cost.OF_PHASE, Blame.PROVIDER, GateNews.DOWN, "try again later"),
    FIRST_TOKEN_TIMEOUT(Again.YES, Cost.TEN, Blame.PROVIDER, GateNews.DOWN, "allow more time or shorten the prompt"),

    // The server said no, and may say yes soon.
    RATE_LIMITED(Again.YES, Cost.ONE, Blame.LIMIT, GateNews.ALIVE, "send less, or move to a dedicated deployment"),
    OVERLOADED(Again.YES, Cost.ONE_IF_FAST, Blame.PROVIDER, GateNews.REJECTING, "try again later, or add replicas"),
    BAD_GATEWAY(Again.YES, Cost.ONE_IF_FAST, Blame.PROVIDER, GateNews.REJECTING, "try again later"),
    SERVER_ERROR(Again.TWICE, Cost.ONE_IF_FAST, Blame.PROVIDER, GateNews.REJECTING, "report it with the request id"),
    SERVER_TIMEOUT(Again.YES, Cost.TEN, Blame.PROVIDER, GateNews.DOWN, "try again later, maybe with a shorter prompt"),
    NOT_READY(Again.YES, Cost.ONE, Blame.PROVIDER, GateNews.STARTING, "wait until the deployment has started"),

    // The answer began and did not end well.
    STREAM_CUT(Again.YES, Cost.TEN, Blame.PROVIDER, GateNews.DOWN, "discard the partial answer and ask again"),
    STREAM_STALLED(Again.YES, Cost.TEN, Blame.PROVIDER, GateNews.DOWN, "discard the partial answer and ask again"),
    STREAM_TRUNCATED(Again.YES, Cost.TEN, Blame.PROVIDER, GateNews.NOTHING, "discard the partial answer and ask again"),
    STREAM_ERROR(Again.ONCE, Cost.TEN, Blame.PROVIDER, GateNews.NOTHING, "read the provider's message"),
    MALFORMED_ANSWER(Again.ONCE, Cost.TEN, Blame.PROVIDER, GateNews.NOTHING, "report it with the request id"),

    // The answer is whole and of no use; the second one like it is handed on.
    EMPTY_ANSWER(Again.ONCE, Cost.ONE, Blame.PROVIDER, GateNews.ALIVE, "look at the prompt, or report it"),
    BROKEN_TOOL_CALL(Again.ONCE, Cost.ONE, Blame.PROVIDER, GateNews.ALIVE, "allow more tokens, or report it"),

    // Asking again cannot help.
    BAD_REQUEST(Again.NO, Cost.NONE, Blame.CALLER, GateNews.ALIVE, "fix the request"),
    UNAUTHORIZED(Again.NO, Cost.NONE, Blame.CALLER, GateNews.ALIVE, "check the API key and what it may use"),
    ACCOUNT_BLOCKED(Again.NO, Cost.NONE, Blame.CALLER, GateNews.ALIVE, "check billing and spending limits"),
    NOT_FOUND(Again.NO, Cost.NONE, Blame.CALLER, GateNews.ALIVE, "check the model or deployment id"),
    PROMPT_TOO_LONG(
            Again.NO, Cost.NONE, Blame.CALLER, GateNews.ALIVE, "shorten it, or use a model with a longer context"),

    // Our own endings: no server is asked.
    DEADLINE_EXCEEDED(Again.NO, Cost.NONE, Blame.DEADLINE, GateNews.NOTHING, "allow more time"),
    QUEUE_FULL(Again.NO, Cost.NONE, Blame.DEADLINE, GateNews.NOTHING, "try again later: too many calls are waiting"),
    NO_ROOM(Again.NO, Cost.NONE, Blame.LIMIT, GateNews.NOTHING, "send less, or ask for higher limits"),
    CANCELLED(Again.NO, Cost.NONE, Blame.CALLER, GateNews.NOTHING, "nothing: the caller left"),
    INTERNAL(Again.NO, Cost.NONE, Blame.OURS, GateNews.NOTHING, "report it: this is a fault of Backstay");

    /** May the request be sent again? */
    public enum Again {
        NO(0),
        ONCE(1),
        TWICE(2),
        YES(Integer.MAX_VALUE);

        private final int times;

        Again(int times) {
            this.times = times;
        }

        /** How often in one call. */
        public int times() {
            return times;
        }
    }

    /** What another try costs the {@link RetryBudget}. */
    public enum Cost {
        NONE,
        ONE,
        TEN,
        /** A shed request costs the server microseconds; a failure after a second may have burned a GPU. */
        ONE_IF_FAST,
        /** What {@link Phase#cost()} says of the phase it failed in. */
        OF_PHASE
    }

    /** Who has to act. */
    public enum Blame {
        NETWORK,
        PROVIDER,
        LIMIT,
        CALLER,
        DEADLINE,
        OURS;

        /** The word used in metrics and reports. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What a {@link Gate} learns about its target. */
    public enum GateNews {
        /** Neither good nor bad. */
        NOTHING(0),
        /** It answered: whatever it said, it is there. */
        ALIVE(0),
        /** It turned the request away, quickly. */
        REJECTING(1),
        /** It could not be reached, stayed silent or died. */
        DOWN(2),
        /** It says that it is starting: nobody else has to ask. */
        STARTING(Gate.TRIP_WEIGHT);

        private final int weight;

        GateNews(int weight) {
            this.weight = weight;
        }

        /** How much it adds to the run of failures that shuts the gate. */
        public int weight() {
            return weight;
        }
    }

    /** Faster than this, a refusal came from the front and no GPU saw the request. */
    static final long FAST_NANOS = 1_000_000_000L;

    private final Again again;
    private final Cost cost;
    private final Blame blame;
    private final GateNews gateNews;
    private final String advice;
    private final String label;

    FailureKind(Again again, Cost cost, Blame blame, GateNews gateNews, String advice) {
        this.again = again;
        this.cost = cost;
        this.blame = blame;
        this.gateNews = gateNews;
        this.advice = advice;
        this.label = name().toLowerCase(Locale.ROOT);
    }

    public Again again() {
        return again;
    }

    public Cost cost() {
        return cost;
    }

    public Blame blame() {
        return blame;
    }

    public GateNews gateNews() {
        return gateNews;
    }

    /** What whoever is to blame can do about it, in a few words. */
    public String advice() {
        return advice;
    }

    /** Whether there is an answer all the same, which is handed on where asking again is not possible. */
    public boolean isAnswered() {
        return this == EMPTY_ANSWER || this == BROKEN_TOOL_CALL;
    }

    /** The word used in metrics, error bodies and reports: {@code connect_timeout}. */
    public String label() {
        return label;
    }

    /** What another try costs the budget, in units, after an attempt that failed in this phase after this long. */
    int costUnits(Phase phase, long elapsedNanos) {
        return switch (cost) {
            case NONE -> 0;
            case ONE -> 1;
            case TEN -> 10;
            case ONE_IF_FAST -> elapsedNanos < FAST_NANOS ? 1 : 10;
            case OF_PHASE -> phase.cost();
        };
    }
}
