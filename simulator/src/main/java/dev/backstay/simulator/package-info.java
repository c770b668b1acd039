/**
 * A Fireworks that fails on cue: one model, two clocks.
 *
 * <p>The {@link dev.backstay.simulator.Provider} is a pure model. It is told that an attempt comes and what time it is, and
 * answers with a {@link dev.backstay.simulator.Reply}: what will happen, and after how long. Faults follow a
 * {@link dev.backstay.simulator.Story}.
 *
 * <pre>
 *              ┌─ VirtualTime ─ VirtualDriver ─ real Calls          (rehearse, replay: a number that jumps)
 *   Provider ──┤
 *              └─ SimulatorServer ─ Netty ─ real sockets            (simulate: the wall clock)
 * </pre>
 *
 * <p>The {@link dev.backstay.simulator.League} plays policies in {@linkplain dev.backstay.simulator.Scenario scenarios}: Backstay,
 * {@linkplain dev.backstay.simulator.Rival what people use}, and an oracle; its {@link dev.backstay.simulator.Report} is the
 * product's claim.
 *
 * <p>Chance is drawn in separate streams for arrivals, faults, service times and policies, each seeded by the call, so that
 * every policy in a comparison meets the same world.
 */
@NullMarked
package dev.backstay.simulator;

import org.jspecify.annotations.NullMarked;
