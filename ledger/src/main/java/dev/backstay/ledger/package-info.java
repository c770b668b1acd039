/**
 * What happened, kept beyond the life of a process.
 *
 * <p>Two tables so far: {@link dev.backstay.ledger.Watch}, one row per job that somebody waits for, so that a wait survives us; and
 * {@link dev.backstay.ledger.Change}, one row per change to a resource with the evidence for it. The store is SQLite in a file, or
 * PostgreSQL when several processes share it; the same SQL serves both.
 *
 * <pre>
 *   Ledger.open(url) ─▶ migrations ─┬─ Watches   begin, take (one holder at a time), saw, ended
 *                                   └─ Changes   add, of(resource)
 * </pre>
 *
 * <p>Times come as arguments. No key, prompt or answer is ever kept.
 */
@NullMarked
package dev.backstay.ledger;

import org.jspecify.annotations.NullMarked;
