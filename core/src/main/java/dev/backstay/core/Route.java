package dev.backstay.core;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Who may be asked, and in which order.
 *
 * <p>Immutable.
 *
 * @param choices the targets; in an ordered route the preferred one first
 * @param weighted whether each call draws its own order by weight, instead of the order given
 */
public record Route(List<Choice> choices, boolean weighted) {

    /** Targets of one route, at most. */
    public static final int MAX_TARGETS = 16;

    /**
     * One target.
     *
     * @param target who
     * @param weight how often it comes first in a weighted route, relative to the others; above 0
     */
    public record Choice(Target target, double weight) {}

    /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
    public Route {
        choices = List.copyOf(choices);
        if (choices.isEmpty() || choices.size() > MAX_TARGETS) {
            throw new IllegalArgumentException(
                    "route has " + choices.size() + " targets: it must have 1 to " + MAX_TARGETS);
        }
        for (int i = 0; i < choices.size(); i++) {
            Choice choice = choices.get(i);
            for (int j = 0; j < i; j++) {
                if (choices.get(j).target.equals(choice.target)) {
                    throw new IllegalArgumentException(
                            "route leads back to " + choice.target + ": each target may be in it once");
                }
            }
            if (!(choice.weight > 0) || Double.isInfinite(choice.weight)) {
                throw new IllegalArgumentException(
                        "weight of " + choice.target + " is " + choice.weight + ": it must be above 0 and finite");
            }
        }
    }

    /** Only this one. */
    public static Route to(Target target) {
        return new Route(List.of(new Choice(target, 1)), false);
    }

    /** The first, and if it cannot, the next. */
    public static Route ordered(List<Target> targets) {
        return new Route(targets.stream().map(target -> new Choice(target, 1)).toList(), false);
    }

    /** The one whose budget all retries of a call on this route are paid from. */
    public Target first() {
        return choices.get(0).target;
    }

    /** The order in which one call asks. */
    List<Target> order(RandomGenerator random) {
        if (choices.size() == 1) {
            return List.of(first());
        }
        if (!weighted) {
            return choices.stream().map(Choice::target).toList();
        }
        List<Choice> left = new ArrayList<>(choices);
        List<Target> order = new ArrayList<>(left.size());
        while (!left.isEmpty()) {
            double draw = random.nextDouble()
                    * left.stream().mapToDouble(Choice::weight).sum();
            int at = 0;
            while (at < left.size() - 1 && draw >= left.get(at).weight) {
                draw -= left.get(at).weight;
                at++;
            }
            order.add(left.remove(at).target);
        }
        return order;
    }
}
