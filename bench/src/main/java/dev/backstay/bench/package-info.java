/**
 * The libraries that others use, where they can be compared with Backstay: on the same virtual clock in the published
 * league, and on the same scales in a benchmark.
 *
 * <pre>
 *   simulator.League ──▶ Peers ──▶ PeerRules ──▶ the real library
 *                                     │              │ its timers
 *                                     └── World ◀────┘ VirtualScheduler
 * </pre>
 *
 * <p>A library leads each call; its attempts are sent by the league's own loop, so that all policies meet the same faults.
 * What cannot run here (Python's SDK, the guide's loop, which is a page of text) is emulated, and the report says so. The
 * emulations that ship are proven here: the same random histories, played by a library and by its emulation, are the same
 * histories. Nothing of this module is published.
 */
@NullMarked
package dev.backstay.bench;

import org.jspecify.annotations.NullMarked;
