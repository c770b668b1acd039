package dev.backstay.ledger;

/**
 * A job that somebody waits for. All times are milliseconds since 1970, 0 for never.
 *
 * <p>Immutable.
 *
 * @param kind what kind of job: {@code trainer}
 * @param account whose
 * @param job its id
 * @param wish what is waited for: {@code ready} or {@code reconnect}
 * @param beganMs since when
 * @param readyMs since when the clock for becoming ready runs: the first time the job was not PENDING
 * @param state what it was when last seen
 * @param resumes how often it was resumed without a step between
 * @param resumedMs when it was resumed last
 * @param step how far it had come when last seen
 * @param stepMs when it came there
 * @param savedStep the step of its newest save
 * @param savedMs when that was
 * @param holder which process waits
 * @param heldMs until when the holder has said that it waits
 * @param endedMs when the wait ended
 * @param ending how it ended
 */
public record Watch(
        String kind,
        String account,
        String job,
        String wish,
        long beganMs,
        long readyMs,
        String state,
        long resumes,
        long resumedMs,
        long step,
        long stepMs,
        long savedStep,
        long savedMs,
        String holder,
        long heldMs,
        long endedMs,
        String ending) {

    /** A wait that begins now. */
    public static Watch begun(String kind, String account, String job, String wish, long nowMs) {
        return new Watch(kind, account, job, wish, nowMs, 0, "", 0, 0, -1, 0, -1, 0, "", 0, 0, "");
    }

    /** Whether somebody still waits. */
    public boolean isUnfinished() {
        return endedMs == 0;
    }

    /** How much work, in milliseconds of training, would be lost if it stopped now: what came after its last save. */
    public long atRiskMs() {
        return step > savedStep ? Math.max(0, stepMs - Math.max(savedMs, beganMs)) : 0;
    }

    /** The same, in this state, whose clock for becoming ready runs since then. */
    public Watch saw(String newState, long newReadyMs) {
        return new Watch(
                kind,
                account,
                job,
                wish,
                beganMs,
                newReadyMs,
                newState,
                resumes,
                resumedMs,
                step,
                stepMs,
                savedStep,
                savedMs,
                holder,
                heldMs,
                endedMs,
                ending);
    }

    /** The same, resumed once more: both clocks begin again. */
    public Watch resumed(long nowMs) {
        return new Watch(
                kind,
                account,
                job,
                wish,
                nowMs,
                0,
                state,
                resumes + 1,
                nowMs,
                step,
                stepMs,
                savedStep,
                savedMs,
                holder,
                heldMs,
                endedMs,
                ending);
    }

    /** The same, ended. */
    public Watch ended(String how, long nowMs) {
        return new Watch(
                kind, account, job, wish, beganMs, readyMs, state, resumes, resumedMs, step, stepMs, savedStep, savedMs,
                "", 0, nowMs, how);
    }
}
