/**
 * The server: any application in any language, made reliable by changing its base URL.
 *
 * <p>Both sides of a call live on one event loop, so nothing is handed from thread to thread:
 *
 * <pre>
 *   caller ─▶ Front ─ Patience ─ CallerHandler ─ HeadCheck, Intake ─▶ Inbound (whose, where to, how long)
 *                                     │
 *                                     ▼
 *                                 Exchange ── signal ──▶ Call (core)
 *                                  │     ▲ ◀── step ───────┘
 *                      what to send│     │what it means
 *                                  │  Arrival ── AttemptReader (wire): started? how much may go on? complete?
 *                                  ▼     │▲ phases, head, bytes, end
 *               Outgoing ─▶ UpstreamAttempt ─ Dial, UpstreamPool ─ UpstreamConnection ─ AnswerDecoder ◀─▶ API
 *                                        │
 *   caller ◀── CallerWriter ◀──────── Delivery: live, whole, or put together (Continuation)
 * </pre>
 *
 * <p>{@link dev.backstay.gateway.Exchange} is the event-loop driver of the engine. The request body is kept so that it can
 * be sent again, and forwarded byte for byte but for the model's name; the answer is passed on as it comes once it has proved to be
 * one, with back-pressure in both directions. A broken stream ends visibly. The caller leaving ends everything that runs for it.
 *
 * <p>{@link dev.backstay.gateway.Serving} is what is in force: one snapshot of the settings and what was made of them, which a call keeps.
 * {@link dev.backstay.gateway.Accounts} knows who used how much. {@link dev.backstay.gateway.Upkeep} is the only thread that touches files.
 */
@NullMarked
package dev.backstay.gateway;

import org.jspecify.annotations.NullMarked;
