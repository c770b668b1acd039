/**
 * The Fireworks control plane: what lies beyond a single call.
 *
 * <p>{@link dev.backstay.fireworks.FireworksClient} is the front door. Every request is a call of the engine, with its retries,
 * clocks and attribution; what the control plane adds is that things take minutes to days, so it waits, and that a wait must
 * survive whatever happens meanwhile.
 *
 * <pre>
 *   FireworksClient ─┬─ TrainerJobManager ─▶ TrainerWait (decides) ─▶ poll, probe, resume …     every wait is a row in the ledger
 *                    ├─ Deployments ─▶ WakeUp · Autoscaler (decides) ─▶ min, max, load target   every change has its evidence
 *                    ├─ Batches ─▶ BatchRun: check, upload, submit, wait, fetch                 ids come from the content
 *                    ├─ TuningJobs
 *                    └─ Limits · ExportedMetrics
 *                          │
 *                      ControlPlane: paths, pages, masks, 409 means read and compare ─▶ Caller (client) ─▶ engine
 * </pre>
 *
 * <p>What decides is pure and takes the time as an argument; what waits uses the client's {@code Clock}. So months of it run in
 * seconds in a rehearsal, with the same code.
 */
@NullMarked
package dev.backstay.fireworks;

import org.jspecify.annotations.NullMarked;
