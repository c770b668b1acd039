package dev.backstay.fireworks;

import dev.backstay.client.Ask;
import dev.backstay.client.Body;
import dev.backstay.client.CallFailed;
import dev.backstay.client.Caller;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Request;
import dev.backstay.core.StreamPolicy;
import dev.backstay.core.Target;
import dev.backstay.core.Timeouts;
import dev.backstay.core.Workload;
import dev.backstay.wire.FireworksClassifier;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** Asks whether something serves, once and with no retries: the next look is the retry. */
final class Prober {

    /** As the platform's own client has it: 5 s for healthz, 10 s for an inference. */
    private static final Timeouts HEALTH = timeouts(5);

    private static final Timeouts INFERENCE = timeouts(10);

    private final Caller once;
    private final Access access;

    /** @param once a caller whose engine never tries again */
    Prober(Caller once, Access access) {
        this.once = once;
        this.access = access;
    }

    private static Timeouts timeouts(long seconds) {
        Duration each = Duration.ofSeconds(seconds);
        return new Timeouts(each, each, each, each, each, each);
    }

    /** Whether a trainer's data plane says that it is healthy. */
    boolean isHealthy(URI base) {
        URI url = URI.create(base + "/api/v1/healthz");
        Ask ask = Ask.json("GET", url, headers(), Body.NONE, new FireworksClassifier())
                .expectingAnything();
        return asked(ask, HEALTH).isEmpty();
    }

    /** What a small inference of this model comes to: empty if it was answered, else why not. */
    Optional<Failure> infer(String model) {
        URI url = URI.create(access.base() + "/inference/v1/completions");
        String body = Proto.object()
                .put("model", model)
                .put("prompt", "ping")
                .put("max_tokens", 4)
                .toString();
        return asked(Ask.json("POST", url, headers(), Body.json(body), new FireworksClassifier()), INFERENCE);
    }

    private Map<String, String> headers() {
        return Map.of("authorization", "Bearer " + access.key(), "x-api-key", access.key());
    }

    private Optional<Failure> asked(Ask ask, Timeouts timeouts) {
        long now = once.clock().nanos();
        // A target of its own for each probe: what one finds says nothing about what another may ask.
        Target target = new Target(ask.url().getAuthority(), "probe-" + now);
        try {
            once.call(
                    ask,
                    Request.arriving("probe", target, Workload.INTERACTIVE, timeouts, false, now)
                            .with(StreamPolicy.WHOLE));
            return Optional.empty();
        } catch (CallFailed failed) {
            if (failed.failure().kind() == FailureKind.CANCELLED) {
                throw FireworksException.of("probe " + ask.url().getPath(), failed);
            }
            return Optional.of(failed.failure());
        }
    }
}
