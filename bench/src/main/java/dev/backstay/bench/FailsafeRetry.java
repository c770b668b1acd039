package dev.backstay.bench;

import dev.backstay.simulator.World;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;

/** Failsafe's retry with its defaults: three tries, no pause. */
final class FailsafeRetry {

    private FailsafeRetry() {}

    static PeerRules.Library of(World world, Draws draws) {
        VirtualScheduler scheduler = new VirtualScheduler(world.time());
        RetryPolicy<PeerRules.Answered> policy = RetryPolicy.<PeerRules.Answered>builder()
                .handleIf((answered, failure) -> PeerRules.isTransient(answered, failure))
                .build();
        FailsafeExecutor<PeerRules.Answered> executor = Failsafe.with(policy).with(scheduler::schedule);
        return send -> executor.getStageAsync(context -> send.get());
    }
}
