package dev.backstay.core;

/**
 * What the calls to one target share.
 *
 * <p>Immutable; its parts are thread-safe.
 *
 * @param target who
 * @param gate is it alive?
 * @param budget can we afford another try?
 * @param pace how fast is it?
 * @param hedges may a second attempt race?
 * @param limiter is there room? Shared with the targets of the same credential and model
 * @param auth is the key known to be refused? Shared with the targets of the same credential
 */
public record TargetState(
        Target target,
        Gate gate,
        RetryBudget budget,
        Pace pace,
        AnswerHabits habits,
        HedgePolicy hedges,
        Limiter limiter,
        AuthCache auth) {

    static TargetState fresh(Target target, Limiter limiter, AuthCache auth) {
        return new TargetState(
                target,
                new Gate(),
                new RetryBudget(),
                new Pace(),
                new AnswerHabits(),
                new HedgePolicy(),
                limiter,
                auth);
    }

    /** The same machines, asked with another key. */
    TargetState sharing(Target other, Limiter itsLimiter, AuthCache itsAuth) {
        return new TargetState(other, gate, budget, pace, habits, hedges, itsLimiter, itsAuth);
    }

    /** Whether nobody is using it, and nothing is known that somebody would need. */
    boolean isIdle() {
        return gate.state() == Gate.State.OPEN
                && gate.inFlight() == 0
                && gate.parked() == 0
                && limiter.inFlight() == 0
                && limiter.waiting() == 0;
    }
}
