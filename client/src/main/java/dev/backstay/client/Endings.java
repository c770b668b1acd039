package dev.backstay.client;

import dev.backstay.core.Acknowledged;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Outcome;
import java.util.Optional;
import java.util.Set;

/** What the end of an attempt is in the words of the engine. */
final class Endings {

    /** A request that was answered like this was not begun. */
    private static final Set<FailureKind> TURNED_AWAY =
            Set.of(FailureKind.RATE_LIMITED, FailureKind.OVERLOADED, FailureKind.NOT_READY);

    private Endings() {}

    /** What must not be asked again is marked so. */
    static Outcome.Failed asAllowed(Ask.Again again, Outcome.Failed failed) {
        Failure failure = failed.failure();
        boolean turnedAway = failure.status() != Failure.NO_STATUS && TURNED_AWAY.contains(failure.kind());
        boolean safe = switch (again) {
            case ALWAYS -> true;
            case UNLESS_SEEN -> failure.acknowledged() == Acknowledged.NO || turnedAway;
            case UNLESS_SENT -> failure.acknowledged() == Acknowledged.NO;
        };
        return safe ? failed : new Outcome.Failed(failure.withServerWish(failure.hint(), Optional.of(false)));
    }
}
