/**
 * The control plane in virtual time.
 *
 * <p>Each drill runs the code that ships ({@code fireworks}, {@code client}, the engine, a real ledger) against the platform's model
 * ({@code platform}, {@code simulator}) on a clock that jumps: a day of training, a deployment at zero, a load that grows. What is bad
 * without the code is played beside it.
 *
 * <pre>
 *   TrainingDrill   ─▶ TrainerJobManager over PlatformSender and VirtualClock; kills are exceptions of the clock
 *   WakeDrill       ─▶ calls of the engine against a Fleet that boots
 *   AutoscaleDrill  ─▶ the same calls, PressureMeter, Autoscaler; an oracle that has seen the future
 * </pre>
 *
 * <p>The reports in {@code rehearsal/reports} are golden: made by {@code backstay rehearse} and compared in CI.
 */
@NullMarked
package dev.backstay.rehearsal;

import org.jspecify.annotations.NullMarked;
