/**
 * What to do next about a call to an inference API, decided without I/O.
 *
 * <p>A {@link dev.backstay.core.Request} is a journey through {@linkplain dev.backstay.core.Phase phases}. One
 * {@link dev.backstay.core.Call} leads it: a driver tells the call what happened (a
 * {@link dev.backstay.core.Signal}) and what time it is; the call answers with one {@link dev.backstay.core.Step}: send
 * this attempt, wait until then, deliver, finish. The driver carries the step out and comes back with the next signal.
 *
 * <pre>
 *   signal + nowNanos  →  Call  →  step
 *                          │
 *          admit · send · classify · record · decide
 *            │                         │        │
 *        Admission                  Flight   RetryPolicy → Backoff
 *   Router, AuthCache, Gate, Limiter
 * </pre>
 *
 * <p>What calls share lives in the {@link dev.backstay.core.Engine}, as one {@link dev.backstay.core.TargetState} per
 * {@link dev.backstay.core.Target}. {@link dev.backstay.core.Gate}: is it alive? {@link dev.backstay.core.Limiter}: is
 * there room? {@link dev.backstay.core.RetryBudget}: can another try be afforded? {@link dev.backstay.core.Pace}: how long
 * is long? {@link dev.backstay.core.AuthCache}: is the key good? Each is asked when a call wants to send and told how each
 * attempt ended. These parts are thread-safe; a call belongs to the one thread of its driver.
 *
 * <p>Nothing here reads a clock, sleeps, draws from a global random source, logs, or knows what HTTP is: time and chance
 * are arguments, so what is rehearsed in virtual time is what runs in production.
 */
@NullMarked
package dev.backstay.core;

import org.jspecify.annotations.NullMarked;
