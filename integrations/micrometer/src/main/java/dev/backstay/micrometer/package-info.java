/**
 * What calls did, as Micrometer's meters.
 *
 * <p>Two folds over the same signals, for two readers. {@link dev.backstay.micrometer.CallMetrics} tells of everything that happened
 * under a call, in a name space of our own. {@link dev.backstay.micrometer.GenAiMetrics} tells of calls as OpenTelemetry's
 * conventions for generative AI have it: an error that was tried away is none.
 *
 * <pre>
 *   Call ─▶ CallListener ─┬─ CallMetrics    backstay.*
 *                         └─ GenAiMetrics   gen_ai.*
 * </pre>
 */
@NullMarked
package dev.backstay.micrometer;

import org.jspecify.annotations.NullMarked;
