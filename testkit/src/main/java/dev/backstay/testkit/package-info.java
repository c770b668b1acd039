/**
 * A Fireworks that fails on cue, for the tests of applications.
 *
 * <p>A test says what shall go wrong ({@link dev.backstay.testkit.SimulatedFireworks}) and takes a
 * {@link dev.backstay.testkit.Simulation}; the application under test is pointed at its base URL. The simulation starts before the
 * test, on a free port of the loopback interface, and ends after it.
 *
 * <pre>
 *   {@literal @}SimulatedFireworks(profile = "outage", from = "3m")
 *        │
 *        ▼                        base URL
 *   SimulationExtension ─▶ Simulation ─▶ the application ─▶ real sockets ─▶ simulator
 * </pre>
 */
@NullMarked
package dev.backstay.testkit;

import org.jspecify.annotations.NullMarked;
