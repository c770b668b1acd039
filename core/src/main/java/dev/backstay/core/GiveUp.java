package dev.backstay.core;

import java.util.Locale;

/** Why a call is not tried again. */
public enum GiveUp {
    NOT_RETRYABLE("asking again cannot help"),
    ANSWER_STARTED("part of the answer has been delivered"),
    ATTEMPTS_SPENT("it was tried as often as the policy allows"),
    HINT_TOO_LONG("the server asked to wait longer than we may"),
    NO_TIME_LEFT("the deadline comes before the next try could start"),
    BUDGET_EMPTY("the retry budget of the target is empty"),
    DEADLINE("the deadline came"),
    QUEUE_FULL("too many calls are waiting for the target"),
    CANCELLED("the caller left");

    private final String reason;

    GiveUp(String reason) {
        this.reason = reason;
    }

    /** The reason in words. */
    public String reason() {
        return reason;
    }

    /** The word used in metrics and reports. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
