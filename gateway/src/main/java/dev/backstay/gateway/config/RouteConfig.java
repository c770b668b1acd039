package dev.backstay.gateway.config;

import dev.backstay.client.Clocks;
import dev.backstay.core.Route;
import dev.backstay.core.StreamPolicy;
import dev.backstay.core.Workload;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where calls for one model name go.
 *
 * @param name what callers call the model; {@code *} for every other name
 * @param targets who may be asked, in order or by weight
 * @param weighted whether each call draws its own order
 * @param longer who takes prompts that are too long for the others
 * @param workload what its calls are that do not say
 * @param timeouts its clocks
 * @param stream what happens when a stream breaks
 * @param keepAlive how often a caller who waits for a stream is sent a comment
 */
public record RouteConfig(
        String name,
        List<TargetConfig> targets,
        boolean weighted,
        List<TargetConfig> longer,
        Optional<Workload> workload,
        Clocks timeouts,
        StreamPolicy stream,
        Optional<Duration> keepAlive) {

    /** For every name that no other route has. */
    public static final String ANY = "*";

    /**
     * One target.
     *
     * @param provider the name of its API
     * @param model what the API calls the model; empty: what the caller calls it
     * @param weight how often it comes first, relative to the others
     * @param prefill whether a chat may end with the beginning of the answer, so that a broken answer can be continued
     */
    public record TargetConfig(String provider, String model, double weight, boolean prefill) {}

    /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
    public RouteConfig {
        String where = "routes." + name + ".";
        int all = targets.size() + longer.size();
        if (targets.isEmpty() || all > Route.MAX_TARGETS) {
            throw new IllegalArgumentException(where + "targets are " + all + ": there must be 1 to "
                    + Route.MAX_TARGETS + ", those for longer prompts among them");
        }
        for (TargetConfig target : targets) {
            if (!(target.weight > 0) || Double.isInfinite(target.weight)) {
                throw new IllegalArgumentException(
                        where + "targets: weight is " + target.weight + ": it must be above 0 and finite");
            }
        }
        if (keepAlive.isPresent() && keepAlive.get().toMillis() < 100) {
            throw new IllegalArgumentException(
                    where + "keep-alive is " + keepAlive.get() + ": it must be at least 100ms");
        }
        for (Workload kind : Workload.values()) {
            timeouts.over(kind.timeouts());
        }
    }

    /**
     * The same for requests that name no model: they go to its first target, as they are.
     *
     * @param others the providers that are asked where that one says that there is no such thing
     */
    public RouteConfig passing(List<String> others) {
        String first = targets.get(0).provider;
        return new RouteConfig(
                name,
                Stream.concat(Stream.of(first), others.stream().filter(other -> !other.equals(first)))
                        .limit(Route.MAX_TARGETS)
                        .map(provider -> new TargetConfig(provider, "", 1, false))
                        .toList(),
                false,
                List.of(),
                workload,
                timeouts,
                StreamPolicy.LIVE,
                Optional.empty());
    }

    /** Every model of this API, under its own name. */
    static RouteConfig everything(String provider, Optional<Workload> workload, Clocks timeouts, StreamPolicy stream) {
        return new RouteConfig(
                ANY,
                List.of(new TargetConfig(provider, "", 1, false)),
                false,
                List.of(),
                workload,
                timeouts,
                stream,
                Optional.empty());
    }
}
