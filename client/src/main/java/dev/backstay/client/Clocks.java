package dev.backstay.client;

import dev.backstay.core.Deadline;
import dev.backstay.core.Timeouts;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Clocks that somebody wants otherwise than the workload has them. What is not said stays; see {@link Timeouts} for what each is.
 *
 * <p>Immutable.
 */
public record Clocks(
        Optional<Duration> connect,
        Optional<Duration> write,
        Optional<Duration> firstToken,
        Optional<Duration> answer,
        Optional<Duration> idle,
        Optional<Duration> total) {

    private static final Duration LONGEST = Duration.ofHours(Deadline.LONGEST_HOURS);

    /** As the workload has them. */
    public static final Clocks USUAL = new Clocks(
            Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    /** The whole call within this time. */
    public static Clocks within(Duration total) {
        return USUAL.withTotal(total);
    }

    /** The same, the whole call within this time. */
    public Clocks withTotal(Duration time) {
        return new Clocks(connect, write, firstToken, answer, idle, Optional.of(time));
    }

    /** The same, with this long for the first token of a stream. */
    public Clocks withFirstToken(Duration time) {
        return new Clocks(connect, write, Optional.of(time), answer, idle, total);
    }

    /** The same, with this long for an answer that is not streamed. */
    public Clocks withAnswer(Duration time) {
        return new Clocks(connect, write, firstToken, Optional.of(time), idle, total);
    }

    /** The same, with this long between two events. */
    public Clocks withIdle(Duration time) {
        return new Clocks(connect, write, firstToken, answer, Optional.of(time), total);
    }

    /** The same, with this long to resolve, to connect and to secure. */
    public Clocks withConnect(Duration time) {
        return new Clocks(Optional.of(time), write, firstToken, answer, idle, total);
    }

    /** The same, with this long without progress while the request is sent. */
    public Clocks withWrite(Duration time) {
        return new Clocks(connect, Optional.of(time), firstToken, answer, idle, total);
    }

    /** These, and where these say nothing, those. */
    public Clocks or(Clocks those) {
        return new Clocks(
                connect.or(those::connect),
                write.or(those::write),
                firstToken.or(those::firstToken),
                answer.or(those::answer),
                idle.or(those::idle),
                total.or(those::total));
    }

    /** These, and where these say nothing, those of somebody else, but no longer than the whole call may take here. */
    public Clocks before(Clocks those) {
        Clocks all = or(those);
        Optional<Duration> whole = total.or(() -> those.total.map(this::longest));
        Duration most = whole.orElse(LONGEST);
        return new Clocks(
                within(all.connect, most),
                within(all.write, most),
                within(all.firstToken, most),
                within(all.answer, most),
                within(all.idle, most),
                whole);
    }

    /**
     * A workload's clocks, with these changes. Who allows one phase more time than the whole call has, without saying how long the
     * whole may take, allows the call that time.
     *
     * @throws IllegalArgumentException naming the setting, its value and the rule it breaks
     */
    public Timeouts over(Timeouts usual) {
        Duration whole = total.orElseGet(() -> longest(usual.total()));
        Timeouts base = whole.equals(usual.total()) ? usual : usual.withTotal(whole);
        return new Timeouts(
                connect.orElse(base.connect()),
                write.orElse(base.write()),
                firstToken.orElse(base.firstToken()),
                answer.orElse(base.answer()),
                idle.orElse(base.idle()),
                whole);
    }

    /**
     * The same for clocks that different people asked for: one that is longer than the whole call is as long as that. Each of them
     * should have been looked at with {@link #over}.
     */
    public Timeouts fitted(Timeouts usual) {
        Duration whole = total.orElseGet(() -> longest(usual.total()));
        return new Clocks(
                        within(connect, whole),
                        within(write, whole),
                        within(firstToken, whole),
                        within(answer, whole),
                        within(idle, whole),
                        total)
                .over(usual);
    }

    private static Optional<Duration> within(Optional<Duration> clock, Duration whole) {
        return clock.map(time -> time.compareTo(whole) > 0 ? whole : time);
    }

    private Duration longest(Duration usual) {
        Duration longest = usual;
        for (Optional<Duration> clock : List.of(connect, write, firstToken, answer, idle)) {
            if (clock.isPresent() && clock.get().compareTo(longest) > 0) {
                longest = clock.get();
            }
        }
        return longest;
    }
}
