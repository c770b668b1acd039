/**
 * The server: any application in any language, made reliable by changing its base URL.
 *
 * <p>Both sides of a call live on one event loop, so nothing is handed from thread to thread:
 *
 * <pre>
 *   caller ─▶ CallerHandler ─ whole request ─▶ Exchange ── signal ──▶ Call (core)
 *                                                │  ▲  ◀── step ──┘
 *                                                ▼  │ phases, head, bytes, end
 *             CallerWriter ◀── bytes ────── UpstreamAttempt ─ UpstreamConnection ◀─ UpstreamPool
 *                                                │
 *                                             Answer (wire): started? how much may go on? complete?
 * </pre>
 *
 * <p>{@link dev.backstay.gateway.Exchange} is the event-loop driver of the engine. The request body is kept so that it can
 * be sent again, and forwarded byte for byte; the answer is passed on as it comes once it has proved to be one, with
 * back-pressure in both directions. A broken stream ends visibly. The caller leaving ends everything that runs for it.
 */
@NullMarked
package dev.backstay.gateway;

import org.jspecify.annotations.NullMarked;
