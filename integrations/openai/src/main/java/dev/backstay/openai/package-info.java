/**
 * Backstay as the HTTP client of the official OpenAI SDK for Java, and so of everything that is built on that SDK.
 *
 * <p>The SDK asks an {@code HttpClient} of its own once per try. Here that is a whole call of Backstay: tried again before its first
 * token, with one deadline. The SDK's own retries have to be off, which {@link dev.backstay.openai.BackstayOpenAi} sees to.
 *
 * <pre>
 *   OpenAIClient ─▶ (its retries: 0) ─▶ BackstayHttpClient ─▶ Backstay ─▶ sockets
 *        ▲                                     │
 *        │   status, headers, InputStream ◀────┤  a provider's last no is an answer: the SDK makes its own exception of it
 *        └── OpenAIIoException ◀───────────────┘  anything else; the cause is a CallFailed: phase, acknowledged?, what to do
 * </pre>
 *
 * <p>A stream that breaks, stalls or just ends makes reading throw, so that it cannot be taken for whole.
 */
@NullMarked
package dev.backstay.openai;

import org.jspecify.annotations.NullMarked;
