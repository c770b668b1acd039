package dev.backstay.client;

import dev.backstay.core.RetryPolicy;
import dev.backstay.core.Workload;
import dev.backstay.wire.RequestPeek;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;

/**
 * What the library and the gateway are both told, in the words of {@code backstay.yaml}.
 *
 * <p>Immutable.
 *
 * @param url the base URL of the API, with its version: {@code https://api.fireworks.ai/inference/v1}
 * @param provider whose errors it speaks
 * @param apiKey who pays; without one, whoever asks brings their own
 * @param plainHttp whether a key may go over plain HTTP to another machine
 * @param maxAttempts tries of one call that may have been worked on, at least 1
 * @param workload what calls are that do not say; without one, it is inferred for each
 * @param timeouts changes to the clocks of the workload
 * @param keyHeader where the API wants the key
 */
public record Settings(
        URI url,
        Provider provider,
        Optional<String> apiKey,
        boolean plainHttp,
        int maxAttempts,
        Optional<Workload> workload,
        Clocks timeouts,
        KeyHeader keyHeader) {

    /** Fireworks AI's OpenAI-compatible API. */
    public static final URI FIREWORKS = URI.create("https://api.fireworks.ai/inference/v1");

    /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
    public Settings {
        url = lowerCase(url);
        String scheme = url.getScheme();
        if (url.getHost() == null || !"http".equals(scheme) && !"https".equals(scheme)) {
            throw new IllegalArgumentException("upstream.url is '" + Ask.shown(url) + "': it must be like " + FIREWORKS
                    + ", with http or https and a host");
        }
        if (url.getUserInfo() != null || url.getQuery() != null || url.getFragment() != null) {
            throw new IllegalArgumentException(
                    "upstream.url must be a base like " + FIREWORKS + ", without a user, a query or a fragment");
        }
        if (apiKey.isPresent()) {
            requireKey(apiKey.get());
            requireSafe(url, plainHttp);
        }
        if (maxAttempts < 1) {
            throw new IllegalArgumentException("max-attempts is " + maxAttempts + ": it must be at least 1");
        }
        timeouts.over(workload.orElse(Workload.INTERACTIVE).timeouts());
    }

    /** With the key where APIs at this URL usually want it. */
    public Settings(
            URI url,
            Provider provider,
            Optional<String> apiKey,
            boolean plainHttp,
            int maxAttempts,
            Optional<Workload> workload,
            Clocks timeouts) {
        this(url, provider, apiKey, plainHttp, maxAttempts, workload, timeouts, KeyHeader.at(url));
    }

    /** Schemes and hosts are the same in any case (RFC 3986 section 6.2.2.1). */
    private static URI lowerCase(URI url) {
        if (url.getScheme() == null || url.getRawAuthority() == null) {
            return url;
        }
        String before = url.getScheme() + "://" + url.getRawAuthority();
        return URI.create(before.toLowerCase(Locale.ROOT) + url.toString().substring(before.length()));
    }

    /** The defaults in front of this API. */
    public static Settings of(URI url, Optional<String> apiKey) {
        return new Settings(
                url,
                Provider.at(url),
                apiKey,
                false,
                RetryPolicy.DEFAULT.maxAttempts(),
                Optional.empty(),
                Clocks.USUAL);
    }

    /** The same, in front of another API; a key for one host is not sent to another. */
    public Settings inFrontOf(URI where) {
        boolean same =
                lowerCase(where).getHost() != null && lowerCase(where).getHost().equals(url.getHost());
        return new Settings(
                where,
                same ? provider : Provider.at(where),
                same ? apiKey : Optional.empty(),
                plainHttp,
                maxAttempts,
                workload,
                timeouts,
                same ? keyHeader : KeyHeader.at(where));
    }

    /** What a call is, and how that came about. */
    Workload.Choice choose(Optional<Workload> declared, RequestPeek peek) {
        return declared.map(said -> new Workload.Choice(said, Workload.Choice.DECLARED))
                .or(() -> workload.map(set -> new Workload.Choice(set, Workload.Choice.SET)))
                .orElseGet(
                        () -> Workload.infer(peek.hasTools(), peek.reasons(), peek.promptTokens(), peek.outputLimit()));
    }

    /**
     * Fireworks knows nobody without a key; what else runs elsewhere may.
     *
     * @throws IllegalArgumentException if there is none, and there has to be one
     */
    String requiredKey() {
        if (apiKey.isEmpty() && provider == Provider.FIREWORKS && !isLoopback(String.valueOf(url.getHost()))) {
            throw new IllegalArgumentException(
                    "api-key is not set: give it to Backstay.builder().apiKey(…), or set the"
                            + " environment variable that upstream.api-key-env names, FIREWORKS_API_KEY unless it says otherwise");
        }
        return apiKey.orElse("");
    }

    private static void requireKey(String key) {
        if (key.isBlank() || !key.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new IllegalArgumentException(
                    "api-key is empty or has characters that no key has, such as a space or a line break");
        }
    }

    /**
     * A key is not sent where anybody can read it.
     *
     * @throws IllegalArgumentException if it would be
     */
    static void requireSafe(URI url, boolean plainHttp) {
        if ("http".equalsIgnoreCase(url.getScheme()) && !plainHttp && !isLoopback(String.valueOf(url.getHost()))) {
            throw new IllegalArgumentException("upstream.url is '" + Ask.place(url)
                    + "': an API key is not sent over plain http to another machine; use https, or set"
                    + " upstream.allow-plain-http if the way there is safe");
        }
    }

    static boolean isLoopback(String host) {
        return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]") || host.equals("::1");
    }

    /** The key is not shown. */
    @Override
    public String toString() {
        return url + " (" + provider.label() + (apiKey.isPresent() ? ", with our key)" : ", with the callers' keys)");
    }
}
