/**
 * What bytes mean.
 *
 * <p>A driver reads bytes from a socket and hands them here; what comes back are the words of {@code core}: an
 * {@link dev.backstay.core.Outcome}, a {@link dev.backstay.core.Failure}, {@link dev.backstay.core.Usage}.
 *
 * <pre>
 *   request body ─▶ RequestPeek ─▶ model, streamed?, tools? ─▶ Idempotency: may it be sent again?
 *
 *   what comes on a connection, and when ─▶ AttemptReader ─▶ signals for the Call, the next moment to look, and the Allotment
 *                                              │
 *   status, headers ─▶ Answer ─┬─ StreamedAnswer ─▶ SseFramer ─▶ StreamTruth   first event, progress, end, error
 *   body bytes      ─▶         ├─ WholeAnswer, PlainAnswer                     complete or not
 *                              └─ RefusedAnswer ─▶ Classifier ─▶ Failure       RetryAfter, ErrorBody
 * </pre>
 *
 * <p>Bytes are looked at and never changed: a driver forwards what it received. Everything known about a provider's errors
 * stands in one file, its {@link dev.backstay.wire.Classifier}, each rule with its source. Nothing here reads a clock or
 * does I/O; everything that collects bytes has a limit with a name.
 */
@NullMarked
package dev.backstay.wire;

import org.jspecify.annotations.NullMarked;
