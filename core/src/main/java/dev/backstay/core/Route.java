package dev.backstay.core;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * Who may be asked, and in which order.
 *
 * <p>Immutable.
 *
 * @param choices the targets; in an ordered route the preferred one first
 * @param weighted whether each call draws its own order by weight, instead of the order given
 * @param longer who takes longer prompts, in order: asked, and only they, after one has said that the prompt is too long
 */
public record Route(List<Choice> choices, boolean weighted, List<Target> longer) {

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
        longer = List.copyOf(longer);
        int targets = choices.size() + longer.size();
        if (choices.isEmpty() || targets > MAX_TARGETS) {
            throw new IllegalArgumentException("route has " + targets + " targets: it must have 1 to " + MAX_TARGETS
                    + ", those for longer prompts among them");
        }
        Set<Target> seen = new HashSet<>();
        for (Target target : all(choices, longer)) {
            if (!seen.add(target)) {
                throw new IllegalArgumentException("route leads back to " + target + ": each target may be in it once");
            }
        }
        for (Choice choice : choices) {
            if (!(choice.weight > 0) || Double.isInfinite(choice.weight)) {
                throw new IllegalArgumentException(
                        "weight of " + choice.target + " is " + choice.weight + ": it must be above 0 and finite");
            }
        }
    }

    private static List<Target> all(List<Choice> choices, List<Target> longer) {
        return Stream.concat(choices.stream().map(Choice::target), longer.stream())
                .toList();
    }

    /** Nobody takes longer prompts. */
    public Route(List<Choice> choices, boolean weighted) {
        this(choices, weighted, List.of());
    }

    /** Only this one. */
    public static Route to(Target target) {
        return new Route(List.of(new Choice(target, 1)), false);
    }

    /** The first, and if it cannot, the next. */
    public static Route ordered(List<Target> targets) {
        return new Route(targets.stream().map(target -> new Choice(target, 1)).toList(), false);
    }

    /** The same, and these for prompts that are too long for it. */
    public Route withLonger(List<Target> targets) {
        return new Route(choices, weighted, targets);
    }

    /** The one whose budget all retries of a call on this route are paid from. */
    public Target first() {
        return choices.get(0).target;
    }

    /** The order in which one call asks; those for longer prompts come last. */
    List<Target> order(RandomGenerator random) {
        if (choices.size() == 1 && longer.isEmpty()) {
            return List.of(first());
        }
        if (!weighted) {
            return all(choices, longer);
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
        order.addAll(longer);
        return order;
    }
}
