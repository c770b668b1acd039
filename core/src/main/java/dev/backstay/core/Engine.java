package dev.backstay.core;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
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
    private final TargetState others =
            TargetState.fresh(new Target("others", "others"), new Limiter(), AuthCache.unbelieving());

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
        return new Call(request, this, waker, random);
    }

    /** What is known about the targets asked lately; for metrics and reports. */
    public Map<Target, TargetState> targets() {
        return Map.copyOf(targets);
    }

    RetryPolicy policy() {
        return policy;
    }

    CallListener listener() {
        return listener;
    }

    TargetState stateOf(Target target) {
        TargetState known = targets.get(target);
        return known != null ? known : remember(target);
    }

    private synchronized TargetState remember(Target target) {
        TargetState known = targets.get(target);
        if (known != null) {
            return known;
        }
        if (targets.size() >= MAX_TARGETS && !forgetOneIdle()) {
            return others;
        }
        Limiter limiter = like(each -> each.target().quota().equals(target.quota()))
                .map(TargetState::limiter)
                .orElseGet(Limiter::new);
        AuthCache auth = like(each -> each.target().credential().equals(target.credential()))
                .map(TargetState::auth)
                .orElseGet(AuthCache::new);
        TargetState state = like(each -> each.target().place().equals(target.place()))
                .map(same -> same.sharing(target, limiter, auth))
                .orElseGet(() -> TargetState.fresh(target, limiter, auth));
        targets.put(target, state);
        return state;
    }

    private Optional<TargetState> like(Predicate<TargetState> condition) {
        return targets.values().stream().filter(condition).findAny();
    }

    private boolean forgetOneIdle() {
        return like(TargetState::isIdle)
                .map(idle -> targets.remove(idle.target()) != null)
                .orElse(false);
    }
}
