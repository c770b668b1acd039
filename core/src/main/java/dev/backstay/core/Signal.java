package dev.backstay.core;

/**
 * What happened, as a driver tells its {@link Call}. Signals about an attempt that is over are ignored.
 *
 * <p>Its records are immutable; an {@link Attempt} in one belongs to the thread of its call.
 */
public sealed interface Signal {

    /** The request arrived. The first signal of every call. */
    Signal STARTED = new Started();

    /** The moment of a {@link Step.Wait} has come, or the engine asked for this call. */
    Signal WOKE = new Woke();

    /** The caller left or no longer wants the answer. */
    Signal CANCELLED = new Cancelled();

    record Started() implements Signal {}

    record Woke() implements Signal {}

    record Cancelled() implements Signal {}

    /** The attempt entered a phase. {@link Phase#STREAMING} and {@link Phase#DONE} have signals of their own. */
    record Entered(Attempt attempt, Phase phase) implements Signal {}

    /** An address of the host was tried. Nothing is decided by it; whoever looks for the fault wants to know. */
    record Tried(Attempt attempt, AddressTry what) implements Signal {}

    /** The head of an answer is here, good or not, and this is what it says about limits. */
    record Headed(Attempt attempt, ServerSaid said) implements Signal {}

    /** The first event of a good answer is here, looked at, and held back. */
    record FirstEvent(Attempt attempt) implements Signal {}

    /** The attempt ended; its connection is closed or free again. */
    record Ended(Attempt attempt, Outcome outcome) implements Signal {}

    /** {@link Attempt#clockNanos} has passed; the driver has closed the attempt's connection. */
    record TimedOut(Attempt attempt) implements Signal {}
}
