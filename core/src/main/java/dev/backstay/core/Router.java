package dev.backstay.core;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Where next? The targets of one call, best first: those that were tried least, in the order of the route.
 *
 * <p>A target that stayed silent is not asked again in the same call while there is another that has failed less than {@value #OFTEN}
 * times, and one that said that it never will (wrong key, no such model) is not asked again at all. After a prompt was too long for one,
 * only those for longer prompts are asked.
 *
 * <p>Belongs to its call.
 */
final class Router {

    /** Who failed so often is no better than who was silent once. */
    private static final int OFTEN = 3;

    private final List<Target> order;
    private final int[] tries;
    private final int longer;
    private int silent;
    private int never;

    Router(Route route, RandomGenerator random) {
        this.order = route.order(random);
        this.tries = new int[order.size()];
        int usual = route.choices().size();
        this.longer = (1 << order.size()) - (1 << usual);
        this.never = longer;
    }

    /** Whom to ask, best first; never empty unless all have said that they never will. */
    List<Target> candidates() {
        if (order.size() == 1) {
            return never != 0 ? List.of() : order;
        }
        List<Target> best = pick(false);
        return best.isEmpty() ? pick(true) : best;
    }

    /** Whether there is a choice. */
    boolean isAlone() {
        return order.size() == 1;
    }

    private List<Target> pick(boolean silentToo) {
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < order.size(); i++) {
            if (!in(never, i) && (silentToo || !in(silent, i) && tries[i] < OFTEN)) {
                places.add(i);
            }
        }
        places.sort((a, b) -> Integer.compare(tries[a], tries[b]));
        return places.stream().map(order::get).toList();
    }

    /** An attempt at this target failed. */
    void failed(Target target, FailureKind kind) {
        int place = order.indexOf(target);
        tries[place]++;
        switch (kind) {
            case FIRST_TOKEN_TIMEOUT, STREAM_STALLED, CONNECT_TIMEOUT, SERVER_TIMEOUT -> silent |= 1 << place;
            case UNAUTHORIZED, ACCOUNT_BLOCKED, NOT_FOUND -> never |= 1 << place; // another may say otherwise
            case CERTIFICATE_REFUSED -> never |= isAlone() ? 0 : 1 << place; // another address of the same may be right
            case PROMPT_TOO_LONG -> tooLong(place);
            default -> {}
        }
    }

    /** From now on only those for longer prompts, if there are any: the others would say the same. */
    private void tooLong(int place) {
        if (longer != 0) {
            never = in(longer, place) ? never | 1 << place : ~longer;
        }
    }

    /** Whether somebody else may be asked after a target said that it never will. */
    boolean hasOthers() {
        return !isAlone() && !candidates().isEmpty();
    }

    /** Whether a target has said that it will never take this call, which others may. */
    boolean isOut(Target target) {
        return in(never, order.indexOf(target));
    }

    /** Whether a target has not been tried by this call. */
    boolean isFresh(Target target) {
        return tries[order.indexOf(target)] == 0;
    }

    /** From now on only targets like this one, which can go on where it broke off. */
    void onlyLike(Target broken) {
        for (int i = 0; i < order.size(); i++) {
            Target each = order.get(i);
            if (!each.resumes() || !each.model().equals(broken.model())) {
                never |= 1 << i;
            }
        }
    }

    private static boolean in(int places, int place) {
        return (places & 1 << place) != 0;
    }
}
