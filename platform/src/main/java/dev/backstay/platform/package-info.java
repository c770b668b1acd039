/**
 * The control plane of a Fireworks, as a pure model.
 *
 * <p>A request comes in with the time, an answer goes out. Nothing here reads a clock, draws from a global source or does
 * I/O; whatever takes time (a boot, a preemption, a batch) is worked out when somebody asks, from when it began.
 *
 * <pre>
 *   PlatformRequest + nowNanos ─▶ Platform ─┬─ outages, keys, suspension
 *                                           ├─ Trainers     PENDING, CREATING, RUNNING; preempted, silent; checkpoints that appear late
 *                                           ├─ Deployments  Fleet: replicas that boot; zero; READY before serving
 *                                           ├─ Datasets     small uploads, signed URLs that die
 *                                           ├─ Batches      one bad row fails all; expiry and continuation
 *                                           ├─ TuningJobs   SFT, DPO, RFT
 *                                           └─ Readings     limits, quotas, metrics at six a minute
 * </pre>
 *
 * <p>The simulator's server puts it behind sockets and the wall clock; rehearsals run it in virtual time. How it behaves is
 * a {@link dev.backstay.platform.PlatformScript}, whose defaults are what is documented or was measured.
 */
@NullMarked
package dev.backstay.platform;

import org.jspecify.annotations.NullMarked;
