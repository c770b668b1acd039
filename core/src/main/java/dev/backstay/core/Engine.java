package dev.backstay.core;

import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/**
 * What calls share: the policy, and a {@link TargetState} per {@link Target}. Makes {@link Call}s.
 *
 * <p>Thread-safe. One engine serves all calls of a process, whatever drives them.
 */
public final class Engine {

    /**
     * Targets remembered, at most. Callers choose model names, so without a bound a caller could fill the memory; beyond
     * it a target that nobody is using is forgotten; if all are in use, further ones share one state.
     */
    public static final int MAX_TARGETS = 1_000;

    private final RetryPolicy policy;
    private final CallListener listener;
    private final Map<Target, TargetState> targets = new ConcurrentHashMap<>();
    private final TargetState others = TargetState.fresh();

    /** An engine with this policy whose calls are all heard by this listener. */
    public Engine(RetryPolicy policy, CallListener listener) {
        this.policy = policy;
        this.listener = listener;
    }

    /**
     * A call for this request. Its first signal is {@link Signal#STARTED}.
     *
     * @param waker how to ask this call to look again; see its law
     * @param random where this call's chance comes from; used on the call's thread only
     */
    public Call newCall(Request request, Waker waker, RandomGenerator random) {
        return new Call(request, policy, stateOf(request.target()), waker, random, listener);
    }

    /** What is known about the targets asked lately; for metrics and reports. */
    public Map<Target, TargetState> targets() {
        return Map.copyOf(targets);
    }

    private TargetState stateOf(Target target) {
        TargetState known = targets.get(target);
        if (known != null) {
            return known;
        }
        if (targets.size() >= MAX_TARGETS && !forgetOneIdle()) {
            return others;
        }
        return targets.computeIfAbsent(target, t -> TargetState.fresh());
    }

    private boolean forgetOneIdle() {
        for (Iterator<TargetState> each = targets.values().iterator(); each.hasNext(); ) {
            Gate gate = each.next().gate();
            if (gate.inFlight() == 0 && gate.parked() == 0) {
                each.remove();
                return true;
            }
        }
        return false;
    }
}
