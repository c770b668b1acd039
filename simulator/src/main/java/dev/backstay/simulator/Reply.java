package dev.backstay.simulator;

/** What a provider will do about one request, act by act. Belongs to one thread. */
public interface Reply {

    /** The next act at {@code nowNanos}, the moment the act before it happened. Not asked again after a last act. */
    Act next(long nowNanos);

    /** It is over, or the caller is gone: generation and billing stop here. Always called once. */
    void close(long nowNanos);

    /** Tokens billed so far: the prompt, if it was worked on, and what was generated. */
    long billedTokens();
}
