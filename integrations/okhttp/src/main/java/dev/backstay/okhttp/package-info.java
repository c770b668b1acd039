/**
 * Backstay for whoever calls an API with OkHttp.
 *
 * <p>An interceptor takes each request below Backstay's base URL and answers it with a call of Backstay, which sends its attempts
 * with an OkHttp client of its own. It never proceeds, so OkHttp's retries, redirects and timeouts have nothing to do: there is one
 * owner of retries by construction. Anything else passes as before.
 *
 * <pre>
 *   OkHttpClient ─▶ BackstayInterceptor ─┬─ below the base URL ─▶ Backstay ─▶ attempts, each an OkHttp call without retries
 *        │                               └─ elsewhere ─▶ proceed
 *        └─ cancel() ─▶ event listener ─▶ the call of Backstay ends
 * </pre>
 */
@NullMarked
package dev.backstay.okhttp;

import org.jspecify.annotations.NullMarked;
