/**
 * Whose fault is it?
 *
 * <p>Two answers to "the dashboard looks clean, but my client fails". The {@link dev.backstay.diagnosis.Doctor} walks the way of a
 * request, from the name of the host to the last token, asks each part of it by itself, and says what is wrong and what to do. A
 * {@link dev.backstay.diagnosis.Reconciliation} holds what we counted beside what the provider counted.
 *
 * <pre>
 *   Patient ─▶ Doctor ─▶ Names ─▶ Addresses ─▶ Tunnel ─▶ Certificates ─▶ Service (HTTP, clock, key, model) ─▶ Completion ─▶ Fit
 *                          └────────────────┴─────────────┴──── Finding: pass, warn, fail or skipped, with what to do
 *
 *   ledger: attempts, addresses by minute ─┐
 *   exported rates ─▶ ProviderCount ± band ┴─▶ Reconciliation ─▶ Verdict
 *        └── kept once a minute by ProviderMeter, where a gateway runs
 * </pre>
 *
 * <p>Parts before HTTP are asked with plain sockets, because the question is whether those work; from HTTP on each question is a call
 * of the engine that is tried once.
 */
@NullMarked
package dev.backstay.diagnosis;

import org.jspecify.annotations.NullMarked;
