package dev.backstay.fireworks;

import java.util.Locale;

/**
 * Where a job of any kind is: a row per state, a column per question that a wait asks. States that are not known yet count as
 * work in progress, which clocks bound.
 *
 * <p>Source: Gateway REST API, {@code gatewayJobState}; ARCHIVED is known to the official SDK.
 */
public enum JobState {
    UNSPECIFIED(Kind.WORKING),
    PENDING(Kind.QUEUED),
    CREATING(Kind.WORKING),
    VALIDATING(Kind.WORKING),
    RE_QUEUEING(Kind.QUEUED),
    CREATING_INPUT_DATASET(Kind.WORKING),
    RUNNING(Kind.RUNNING),
    WRITING_RESULTS(Kind.RUNNING),
    IDLE(Kind.RUNNING),
    CANCELLING(Kind.LEAVING),
    DELETING(Kind.LEAVING),
    DELETING_CLEANING_UP(Kind.LEAVING),
    COMPLETED(Kind.DONE),
    EARLY_STOPPED(Kind.DONE),
    FAILED(Kind.STOPPED),
    CANCELLED(Kind.STOPPED),
    PAUSED(Kind.STOPPED),
    EXPIRED(Kind.STOPPED),
    DELETED(Kind.TOMBSTONE),
    ARCHIVED(Kind.TOMBSTONE);

    /** What a wait makes of it. */
    enum Kind {
        /** It waits for capacity. */
        QUEUED,
        /** It is being made. */
        WORKING,
        RUNNING,
        /** It is on its way out, and shows soon what it becomes. */
        LEAVING,
        /** It stands still and could go on. */
        STOPPED,
        /** It has done what it was for. */
        DONE,
        /** It is gone for good. */
        TOMBSTONE
    }

    private final Kind kind;

    JobState(Kind kind) {
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }

    /** Whether it changes no more by itself. */
    public boolean isTerminal() {
        return kind == Kind.DONE || kind == Kind.TOMBSTONE || kind == Kind.STOPPED && this != PAUSED;
    }

    /** The state by its word, with or without {@code JOB_STATE_}. */
    public static JobState of(String word) {
        String plain = word.toUpperCase(Locale.ROOT).replaceFirst("^JOB_STATE_", "");
        for (JobState state : values()) {
            if (state.name().equals(plain)) {
                return state;
            }
        }
        return UNSPECIFIED;
    }
}
