/**
 * Backstay as the HTTP client of LangChain4j's models.
 *
 * <p>Every model builder of LangChain4j takes an {@code HttpClientBuilder}; here is one whose clients make each request a call of
 * Backstay. Above the transport LangChain4j does not see headers, so only here a {@code Retry-After} can be honoured, and only here
 * a stream can be tried again before its first token. LangChain4j's own retries have to be off: {@code maxRetries(0)}.
 *
 * <pre>
 *   OpenAiChatModel ──────────▶ HttpTransport ─▶ Backstay ─▶ sockets
 *   OpenAiStreamingChatModel       │
 *        ▲  HttpException ◀────────┤  a provider's last no
 *        │  TimeoutException ◀─────┤  a clock that ran out
 *        └─ onError ◀──────────────┘  a stream that breaks, stalls or just ends
 * </pre>
 */
@NullMarked
package dev.backstay.langchain4j;

import org.jspecify.annotations.NullMarked;
