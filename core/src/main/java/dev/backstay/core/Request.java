package dev.backstay.core;

/**
 * One logical request, as far as deciding about it needs to know. Its bytes stay with the driver.
 *
 * @param id names the call in logs, headers and reports
 * @param target what is asked
 * @param workload what kind of work it is
 * @param timeouts its clocks; the workload's unless the caller asked for others
 * @param streamed whether the answer comes as events
 * @param deadline the end of it all
 */
public record Request(
        String id, Target target, Workload workload, Timeouts timeouts, boolean streamed, Deadline deadline) {

    /** The same request with other clocks; the deadline stays. */
    public Request with(Timeouts clocks) {
        return new Request(id, target, workload, clocks, streamed, deadline);
    }

    /** A request that arrives now with these limits. */
    public static Request arriving(
            String id, Target target, Workload workload, Timeouts timeouts, boolean streamed, long nowNanos) {
        return new Request(id, target, workload, timeouts, streamed, Deadline.after(timeouts.total(), nowNanos));
    }
}
