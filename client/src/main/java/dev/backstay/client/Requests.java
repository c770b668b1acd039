package dev.backstay.client;

import dev.backstay.core.Request;
import dev.backstay.core.Size;
import dev.backstay.core.Target;
import dev.backstay.core.Timeouts;
import dev.backstay.core.Workload;
import dev.backstay.wire.Endpoint;
import dev.backstay.wire.RequestPeek;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** What the engine has to know about a request, read from its bytes. Thread-safe. */
final class Requests {

    private static final int HTTPS = 443;
    private static final int HTTP = 80;

    private final Settings settings;
    private final Clock clock;
    private final SplittableRandom random;

    Requests(Settings settings, Clock clock, SplittableRandom random) {
        this.settings = settings;
        this.clock = clock;
        this.random = random;
    }

    /** A source of chance for one call. */
    RandomGenerator chance() {
        synchronized (random) {
            return random.split();
        }
    }

    /**
     * The request of a call that arrives now.
     *
     * @throws IllegalArgumentException naming what is wrong with it
     */
    Request of(Ask ask, CallOptions options) {
        Map<String, String> lowerCase = headers(ask);
        boolean carriesKey = Credential.HEADERS.stream().anyMatch(lowerCase::containsKey);
        if (carriesKey) {
            Settings.requireSafe(ask.url(), settings.plainHttp());
        }
        RequestPeek peek = ask.peek();
        Workload workload = settings.choose(options.workload(), peek).workload();
        boolean ours = settings.apiKey()
                .filter(key -> settings.keyHeader()
                        .value(key)
                        .equals(lowerCase.get(settings.keyHeader().name().toLowerCase(Locale.ROOT))))
                .isPresent();
        String credential = ours
                ? ""
                : Credential.of(name -> lowerCase.containsKey(name) ? List.of(lowerCase.get(name)) : List.of());
        Target target = new Target(authority(ask.url()), peek.model(), credential, false);
        return Request.arriving(id(), target, workload, timeouts(options, workload), peek.streamed(), clock.nanos())
                .with(options.cutoff(settings))
                .doing(ask.endpoint().map(Endpoint::operation).orElse(""))
                .with(options.priority())
                .with(new Size(peek.promptTokens(), Size.NO_LIMIT));
    }

    private static Map<String, String> headers(Ask ask) {
        Map<String, String> lowerCase = new HashMap<>();
        ask.headers().forEach((name, value) -> {
            if (!value.chars().allMatch(c -> c >= ' ' && c < 0x7f || c == '\t')) {
                throw new IllegalArgumentException(
                        "header '" + name + "' has a character that no header may have, such as a line break");
            }
            lowerCase.put(name.toLowerCase(Locale.ROOT), value);
        });
        return lowerCase;
    }

    private Timeouts timeouts(CallOptions options, Workload workload) {
        options.timeouts().over(workload.timeouts()); // says what is wrong with them by themselves
        return options.timeouts().or(settings.timeouts()).fitted(workload.timeouts());
    }

    private String id() {
        RandomGenerator chance = chance();
        return "call-" + Long.toHexString(chance.nextLong() | Long.MIN_VALUE)
                + Long.toHexString(chance.nextInt(0x1000, 0x10000));
    }

    /** Host and port, so that two services of one host share nothing. */
    private static String authority(URI url) {
        int port = url.getPort() > 0 ? url.getPort() : "https".equals(url.getScheme()) ? HTTPS : HTTP;
        return url.getHost() + ":" + port;
    }
}
