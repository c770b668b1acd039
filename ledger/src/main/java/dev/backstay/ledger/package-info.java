/**
 * What happened, kept beyond the life of a process.
 *
 * <p>Calls: every attempt is counted by minute ({@link dev.backstay.ledger.AttemptTally}, and {@link dev.backstay.ledger.AddressTally} for
 * the addresses that were tried); the lives of calls that somebody will ask about are kept whole ({@link dev.backstay.ledger.CallRecord}),
 * without what was asked and answered. {@link dev.backstay.ledger.CallKeeper} writes both each second, on a thread of its own, so that no
 * call waits for the store. The control plane: {@link dev.backstay.ledger.Watch}, a row per job that somebody waits for, so that a wait
 * survives us; and {@link dev.backstay.ledger.Change}, a row per change to a resource with the evidence for it.
 *
 * <pre>
 *   CallListener ─▶ CallRecorder ─┬─ Tally            what was counted     ─┐
 *                                 └─ queue of Life    what was kept        ─┴─ CallKeeper, each second ─▶ Ledger
 *
 *   Ledger.open(where) ─▶ migrations ─┬─ Tallies, Calls     by whoever explains
 *                                     ├─ Watches            begin, take (one holder at a time), saw, ended
 *                                     └─ Changes            add, of(resource)
 * </pre>
 *
 * <p>The store is SQLite in a file, or PostgreSQL when several processes share it; the same SQL serves both. Times come as arguments.
 * No key, prompt or answer is ever kept. See docs/decisions/0011 and 0016.
 */
@NullMarked
package dev.backstay.ledger;

import org.jspecify.annotations.NullMarked;
