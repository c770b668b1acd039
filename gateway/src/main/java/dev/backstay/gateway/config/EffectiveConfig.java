package dev.backstay.gateway.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import dev.backstay.client.Clocks;
import dev.backstay.client.Settings;
import dev.backstay.core.Workload;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.TreeMap;

/** Settings as YAML, with all defaults, and with no secret in them. */
final class EffectiveConfig {

    private static final JsonMapper YAML = JsonMapper.builder(YAMLFactory.builder()
                    .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                    .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                    .build())
            .build();

    private EffectiveConfig() {}

    static String yaml(GatewayConfig config) {
        ObjectNode root = YAML.createObjectNode();
        root.put(
                "listen",
                config.listen().getHostString() + ":" + config.listen().getPort());
        ObjectNode providers = root.putObject("providers");
        new TreeMap<>(config.providers()).forEach((name, each) -> provider(providers.putObject(name), each));
        ObjectNode routes = root.putObject("routes");
        new TreeMap<>(config.routes()).forEach((name, each) -> route(routes.putObject(name), each));
        root.put("max-attempts", config.maxAttempts());
        config.keys().ifPresent(file -> root.put("keys", file.toString()));
        root.put("allow-anyone", config.allowAnyone());
        config.tls()
                .ifPresent(tls -> root.putObject("tls")
                        .put("certificate", tls.certificate().toString())
                        .put("key", tls.key().toString()));
        FrontLimits limits = config.limits();
        root.putObject("limits")
                .put("body", limits.body())
                .put("head", limits.head())
                .put("connections", limits.connections())
                .put("head-time", text(limits.headTime()))
                .put("body-time", text(limits.bodyTime()));
        config.accessLog().ifPresent(file -> root.put("access-log", file.toString()));
        root.put("ledger", config.ledger().map(LedgerConfig::shown).orElse(LedgerConfig.OFF));
        config.ledger()
                .map(LedgerConfig::keeping)
                .ifPresent(keeping -> root.putObject("records")
                        .put("slow", text(keeping.slow()))
                        .put("sample", keeping.sample())
                        .put("calls-for", text(keeping.callsFor()))
                        .put("counters-for", text(keeping.talliesFor()))
                        .put("size", keeping.bytes()));
        ObjectNode admin = root.putObject("admin");
        admin.put(
                "listen",
                config.admin()
                        .map(each -> each.listen().getHostString() + ":"
                                + each.listen().getPort())
                        .orElse(AdminConfig.OFF));
        config.admin().flatMap(AdminConfig::key).ifPresent(file -> admin.put("key-file", file.toString()));
        root.put("drain", text(config.drain()));
        try {
            return YAML.writeValueAsString(root);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("a tree that cannot be written", impossible);
        }
    }

    private static void provider(ObjectNode node, UpstreamConfig config) {
        Settings settings = config.settings();
        node.put("url", settings.url().toString());
        node.put("provider", settings.provider().label());
        node.put("key", settings.apiKey().isPresent() ? "(ours)" : "(the callers')");
        settings.apiKey()
                .ifPresent(
                        key -> node.put("api-key-header", settings.keyHeader().name()));
        config.proxy().ifPresent(proxy -> node.put("proxy", withoutPassword(proxy)));
        config.ca().ifPresent(file -> node.put("ca", file.toString()));
    }

    private static String withoutPassword(URI proxy) {
        return proxy.getScheme() + "://" + proxy.getHost() + (proxy.getPort() > 0 ? ":" + proxy.getPort() : "");
    }

    private static void route(ObjectNode node, RouteConfig config) {
        node.put("pick", config.weighted() ? "weighted" : "ordered");
        targets(node.putArray("targets"), config.targets());
        if (!config.longer().isEmpty()) {
            targets(node.putArray("longer"), config.longer());
        }
        node.put("workload", config.workload().map(Workload::label).orElse("(inferred)"));
        clocks(node.putObject("timeouts"), config.timeouts());
        node.put("stream", config.stream().label());
        config.keepAlive().ifPresent(every -> node.put("keep-alive", text(every)));
    }

    private static void targets(ArrayNode node, Iterable<RouteConfig.TargetConfig> targets) {
        for (RouteConfig.TargetConfig target : targets) {
            node.addObject()
                    .put("provider", target.provider())
                    .put("model", target.model().isEmpty() ? "(the caller's)" : target.model())
                    .put("weight", target.weight())
                    .put("prefill", target.prefill());
        }
    }

    private static void clocks(ObjectNode node, Clocks clocks) {
        put(node, "connect", clocks.connect());
        put(node, "write", clocks.write());
        put(node, "first-token", clocks.firstToken());
        put(node, "answer", clocks.answer());
        put(node, "idle", clocks.idle());
        put(node, "total", clocks.total());
    }

    private static void put(ObjectNode node, String name, Optional<Duration> time) {
        node.put(name, time.map(EffectiveConfig::text).orElse("(the workload's)"));
    }

    /** As it could stand in the file. */
    private static String text(Duration time) {
        return time.toMillis() % 1_000 == 0 ? time.toSeconds() + "s" : time.toMillis() + "ms";
    }
}
