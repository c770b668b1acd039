package dev.backstay.core;

/**
 * One logical request, as far as deciding about it needs to know. Its bytes stay with the driver.
 *
 * <p>Immutable.
 *
 * @param id names the call in logs, headers and reports
 * @param operation what is asked for, in the words of OpenTelemetry's conventions ({@code chat}, {@code text_completion},
 *     {@code embeddings}); empty if it is no inference, or nobody said
 * @param route who may be asked
 * @param workload what kind of work it is
 * @param priority who goes first when not all can
 * @param size how large it is
 * @param timeouts its clocks; the workload's unless the caller asked for others
 * @param streamed whether the answer comes as events
 * @param stream what happens when the stream breaks
 * @param hedged whether a second attempt may race a slow first one: only if asking twice has no effect but its price
 * @param cutoff what the deadline ends
 * @param deadline after it nothing is waited for or begun, and what runs ends as {@code cutoff} says
 */
public record Request(
        String id,
        String operation,
        Route route,
        Workload workload,
        Priority priority,
        Size size,
        Timeouts timeouts,
        boolean streamed,
        StreamPolicy stream,
        boolean hedged,
        Cutoff cutoff,
        Deadline deadline) {

    /** A request to one target that arrives now with these limits, and is nothing special. */
    public static Request arriving(
            String id, Target target, Workload workload, Timeouts timeouts, boolean streamed, long nowNanos) {
        return new Request(
                id,
                "",
                Route.to(target),
                workload,
                Priority.DEFAULT,
                Size.UNKNOWN,
                timeouts,
                streamed,
                StreamPolicy.LIVE,
                false,
                Cutoff.EVERYTHING,
                Deadline.after(timeouts.total(), nowNanos));
    }

    /** The same request with other clocks; the deadline stays. */
    public Request with(Timeouts clocks) {
        return new Request(
                id, operation, route, workload, priority, size, clocks, streamed, stream, hedged, cutoff, deadline);
    }

    /** The same request on another route. */
    public Request with(Route other) {
        return new Request(
                id, operation, other, workload, priority, size, timeouts, streamed, stream, hedged, cutoff, deadline);
    }

    /** The same request, this large. */
    public Request with(Size known) {
        return new Request(
                id, operation, route, workload, priority, known, timeouts, streamed, stream, hedged, cutoff, deadline);
    }

    /** The same request with another priority. */
    public Request with(Priority other) {
        return new Request(
                id, operation, route, workload, other, size, timeouts, streamed, stream, hedged, cutoff, deadline);
    }

    /** The same request with another answer to a stream that breaks. */
    public Request with(StreamPolicy other) {
        return new Request(
                id, operation, route, workload, priority, size, timeouts, streamed, other, hedged, cutoff, deadline);
    }

    /** The same request, known to ask for this. */
    public Request doing(String what) {
        return new Request(
                id, what, route, workload, priority, size, timeouts, streamed, stream, hedged, cutoff, deadline);
    }

    /** The same request, that a second attempt may race. */
    public Request withHedging() {
        return new Request(
                id, operation, route, workload, priority, size, timeouts, streamed, stream, true, cutoff, deadline);
    }

    /** The same request, whose deadline ends this. */
    public Request with(Cutoff ends) {
        return new Request(
                id, operation, route, workload, priority, size, timeouts, streamed, stream, hedged, ends, deadline);
    }

    /** The preferred target, whose name the call goes by. */
    public Target target() {
        return route.first();
    }
}
