package dev.backstay.simulator;

import dev.backstay.core.Target;
import java.util.function.Function;

/**
 * Where calls in virtual time happen.
 *
 * @param time what time it is there
 * @param providers who answers for a target
 * @param chance what may happen
 * @param rendered whether answers come in bytes, token by token, and are read as on a wire; else only what matters to a
 *     decision happens: the first event, the end, and what goes wrong between
 */
public record World(VirtualTime time, Function<Target, Provider> providers, Chance chance, boolean rendered) {

    /** A world with one provider, in bytes. */
    public static World of(VirtualTime time, Provider provider, Chance chance) {
        return new World(time, target -> provider, chance, true);
    }
}
