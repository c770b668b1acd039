package dev.backstay.gateway;

import dev.backstay.core.Route;
import dev.backstay.core.Target;
import dev.backstay.core.Timeouts;
import dev.backstay.core.Workload;
import dev.backstay.gateway.config.RouteConfig;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where calls go, by the name that callers use for the model. Immutable. */
final class Routes {

    /**
     * Where one call may go.
     *
     * @param config what was said about it
     * @param route whom the engine may ask
     * @param destinations for each of them, in the same order, what is sent to it
     * @param clocks by the kind of work
     */
    record Way(RouteConfig config, Route route, List<Destination> destinations, Map<Workload, Timeouts> clocks) {

        /** The same for what every API can continue. */
        Way resuming() {
            List<Destination> all = destinations.stream()
                    .map(each -> new Destination(each.target().resuming(), each.upstream(), each.model()))
                    .toList();
            List<Route.Choice> choices = route.choices().stream()
                    .map(choice -> new Route.Choice(choice.target().resuming(), choice.weight()))
                    .toList();
            List<Target> longer = route.longer().stream().map(Target::resuming).toList();
            return new Way(config, new Route(choices, route.weighted(), longer), all, clocks);
        }

        /** What is sent to this target. */
        Destination to(Target target) {
            for (Destination destination : destinations) {
                if (destination.target().equals(target)) {
                    return destination;
                }
            }
            throw new IllegalStateException("the engine asks " + target + ", which is not on the route");
        }
    }

    /**
     * A target, and how to ask it.
     *
     * @param target in the engine's words
     * @param upstream its API
     * @param model its name for the model; empty: the caller's
     */
    record Destination(Target target, Upstream upstream, String model) {}

    private static final String STORED = "/responses/";

    private final Map<String, RouteConfig> configs;
    private final Map<String, Upstream> upstreams;
    private final List<String> withKeys;
    private final boolean allHaveKeys;
    private final Map<String, Map<Workload, Timeouts>> clocks = new HashMap<>();
    private final Map<String, Way> ready = new HashMap<>();

    /** @param callersKeys whether callers bring keys for the APIs that we have none for */
    Routes(Map<String, RouteConfig> configs, Map<String, Upstream> upstreams, boolean callersKeys) {
        this.configs = configs;
        this.upstreams = upstreams;
        this.withKeys = configs.values().stream()
                .flatMap(config -> config.targets().stream())
                .filter(target -> upstream(target).hasKey())
                .map(RouteConfig.TargetConfig::provider)
                .distinct()
                .toList();
        this.allHaveKeys = !callersKeys || upstreams.values().stream().allMatch(Upstream::hasKey);
        configs.forEach((name, config) -> {
            clocks.put(name, clocks(config));
            if (isFixed(config)) {
                ready.put(name, way(config, name, ""));
            }
        });
    }

    private static Map<Workload, Timeouts> clocks(RouteConfig config) {
        Map<Workload, Timeouts> clocks = new EnumMap<>(Workload.class);
        for (Workload kind : Workload.values()) {
            clocks.put(kind, config.timeouts().over(kind.timeouts()));
        }
        return clocks;
    }

    /** Nothing of it depends on the caller: every target has a model of its own, and somebody who pays. */
    private boolean isFixed(RouteConfig config) {
        return all(config).stream()
                .allMatch(target -> !target.model().isEmpty()
                        && (allHaveKeys || upstream(target).hasKey()));
    }

    private static List<RouteConfig.TargetConfig> all(RouteConfig config) {
        List<RouteConfig.TargetConfig> all = new ArrayList<>(config.targets());
        all.addAll(config.longer());
        return all;
    }

    /** Whether no call needs a key of the caller's. */
    boolean allHaveKeys() {
        return allHaveKeys;
    }

    /** The names that callers can use, but for those that are an API's own. */
    List<String> names() {
        return configs.keySet().stream()
                .filter(name -> !name.equals(RouteConfig.ANY))
                .sorted()
                .toList();
    }

    /** Whether there are such names. */
    boolean hasNames() {
        return configs.size() > (configs.containsKey(RouteConfig.ANY) ? 1 : 0);
    }

    /**
     * Where a call for this model may go; empty if the name leads nowhere.
     *
     * @param callersKey names the key that the caller sends, for APIs that we have no key for
     */
    Optional<Way> find(String model, String callersKey) {
        Way known = ready.get(model);
        if (known != null) {
            return Optional.of(known);
        }
        RouteConfig config = configs.get(model);
        if (config == null) {
            config = configs.get(RouteConfig.ANY);
        }
        return Optional.ofNullable(config).map(found -> way(found, model, callersKey));
    }

    /**
     * Where a request goes that names no model: to the route for any model, else to the first. It shares limits and outages with others
     * of its kind, as if the path were a model. Who made a stored response is not known, so the other APIs that we have a key for are
     * asked after one has said that it did not.
     */
    Optional<Way> passing(String path, String callersKey) {
        RouteConfig config = configs.get(RouteConfig.ANY);
        String kind = path.substring(0, ends(path, 1));
        List<String> others = path.startsWith(STORED) ? withKeys : List.of();
        return Optional.ofNullable(config)
                .or(() -> configs.values().stream().findFirst())
                .map(found -> way(found.passing(others), kind, callersKey));
    }

    /** Where the first segment of a path ends. */
    private static int ends(String path, int from) {
        int at = from;
        while (at < path.length() && path.charAt(at) != '/' && path.charAt(at) != '?') {
            at++;
        }
        return at;
    }

    private Way way(RouteConfig config, String model, String callersKey) {
        List<RouteConfig.TargetConfig> all = all(config);
        List<Destination> destinations = new ArrayList<>(all.size());
        for (RouteConfig.TargetConfig target : all) {
            destinations.add(destination(target, model, callersKey));
        }
        List<Route.Choice> choices = new ArrayList<>(config.targets().size());
        for (int i = 0; i < config.targets().size(); i++) {
            choices.add(
                    new Route.Choice(destinations.get(i).target(), all.get(i).weight()));
        }
        List<Target> longer = destinations.subList(config.targets().size(), all.size()).stream()
                .map(Destination::target)
                .toList();
        return new Way(
                config,
                new Route(choices, config.weighted(), longer),
                destinations,
                clocks.getOrDefault(config.name(), Map.of()));
    }

    private Upstream upstream(RouteConfig.TargetConfig target) {
        Upstream upstream = upstreams.get(target.provider());
        if (upstream == null) {
            throw new IllegalStateException("there is no provider " + target.provider());
        }
        return upstream;
    }

    private Destination destination(RouteConfig.TargetConfig target, String model, String callersKey) {
        Upstream upstream = upstream(target);
        String theirs = target.model().isEmpty() ? model : target.model();
        String payer = upstream.hasKey() ? upstream.payer() : target.provider() + " " + callersKey;
        Target asked = new Target(upstream.authority(), theirs, payer, target.prefill());
        return new Destination(asked, upstream, target.model());
    }
}
