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
 *                   │                  │        │
 *                  Gate         Gate, RetryBudget  RetryPolicy → Backoff
 * </pre>
 *
 * <p>What calls share lives in the {@link dev.backstay.core.Engine}: one {@link dev.backstay.core.Gate} and one
 * {@link dev.backstay.core.RetryBudget} per {@link dev.backstay.core.Target}. The shared parts are thread-safe; a call
 * belongs to the one thread of its driver.
 *
 * <p>Nothing here reads a clock, sleeps, draws from a global random source, logs, or knows what HTTP is: time and chance
 * are arguments, so what is rehearsed in virtual time is what runs in production.
 */
@NullMarked
package dev.backstay.core;

import org.jspecify.annotations.NullMarked;
