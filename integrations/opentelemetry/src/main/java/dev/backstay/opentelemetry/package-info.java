/**
 * What calls did, as OpenTelemetry's spans and metrics.
 *
 * <p>A call is a span below the one that was current where it was begun, which is looked up on the caller's own thread; each of its
 * attempts is a span below that, with an event for each phase.
 *
 * <pre>
 *   Call ─▶ CallListener ─┬─ CallTracing    chat MODEL ─┬─ attempt 1   connecting, securing, sending, awaiting ✗ 503
 *                         │                             └─ attempt 2   sending, awaiting, streaming ✓
 *                         └─ GenAiMetrics   gen_ai.*
 * </pre>
 */
@NullMarked
package dev.backstay.opentelemetry;

import org.jspecify.annotations.NullMarked;
