package dev.backstay.gateway.config;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.backstay.client.Clocks;
import dev.backstay.client.SettingsFile;
import dev.backstay.core.StreamPolicy;
import dev.backstay.core.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes a {@link GatewayConfig} of {@code backstay.yaml} and the environment, or says in one line what is wrong. */
final class ConfigReader {

    private static final ObjectMapper YAML =
            JsonMapper.builder(new YAMLFactory()).build();

    private static final int NAME_LIMIT = 256;

    private final Path path;
    private final SettingsFile.Environment environment;
    private final Map<String, String> usual;

    /** @param usual what holds where neither the file nor the environment says anything, by the names of the settings */
    ConfigReader(Path path, SettingsFile.Environment environment, Map<String, String> usual) {
        this.path = path;
        this.environment = environment;
        this.usual = usual;
    }

    GatewayConfig read() throws IOException {
        GatewayFile written = YAML.readValue(Files.readString(path), GatewayFile.class); // what is wrong has a line
        return of(written == null ? YAML.createObjectNode() : YAML.valueToTree(written));
    }

    /** What the environment alone says. */
    GatewayConfig readNothing() throws IOException {
        return of(YAML.createObjectNode());
    }

    private GatewayConfig of(ObjectNode settings) throws IOException {
        OtherSettings.over(settings, environment);
        OtherSettings.under(settings, usual);
        return config(YAML.treeToValue(settings, GatewayFile.class));
    }

    private GatewayConfig config(GatewayFile file) {
        Map<String, UpstreamConfig> providers = providers(file);
        Map<String, RouteConfig> routes = new LinkedHashMap<>();
        if (file.routes() != null) {
            file.routes().forEach((name, entry) -> routes.put(name, route(name, entry, file, providers)));
        }
        if (providers.containsKey(GatewayConfig.UPSTREAM)) {
            routes.computeIfAbsent(RouteConfig.ANY, any -> everything(file));
        }
        return new GatewayConfig(
                GatewayConfig.address(file.listen() == null ? GatewayConfig.DEFAULT_LISTEN : file.listen()),
                providers,
                routes,
                beside(file.keys()),
                file.allowAnyone() != null && file.allowAnyone(),
                tls(file.tls()),
                limits(file.limits()),
                beside(file.accessLog()),
                LedgerConfig.of(file.ledger(), text -> resolve(text).toString(), file.records()),
                AdminConfig.of(file.admin(), this::resolve),
                SettingsFile.time("drain", file.drain(), GatewayConfig.DEFAULT_DRAIN));
    }

    private Map<String, UpstreamConfig> providers(GatewayFile file) {
        Map<String, UpstreamConfig> providers = new LinkedHashMap<>();
        Map<String, SettingsFile.Upstream> named = file.providers() == null ? Map.of() : file.providers();
        if (file.upstream() != null || named.isEmpty()) {
            SettingsFile.Upstream entry = file.upstream() == null ? SettingsFile.Upstream.USUAL : file.upstream();
            providers.put(
                    GatewayConfig.UPSTREAM,
                    UpstreamConfig.of(GatewayConfig.UPSTREAM, entry.beside(path), file, environment));
        }
        named.forEach(
                (name, entry) -> providers.put(name, UpstreamConfig.of(name, entry.beside(path), file, environment)));
        return providers;
    }

    private static RouteConfig everything(GatewayFile file) {
        return RouteConfig.everything(
                GatewayConfig.UPSTREAM,
                workload(file.workload(), null),
                SettingsFile.clocks("", file.timeouts()),
                stream("stream", file.stream(), null));
    }

    private static RouteConfig route(
            String name, GatewayFile.RouteEntry entry, GatewayFile file, Map<String, UpstreamConfig> providers) {
        String where = "routes." + name + ".";
        if (name.isBlank() || name.length() > NAME_LIMIT) {
            throw new IllegalArgumentException("routes: '" + name + "' must be a model name of 1 to 256 characters");
        }
        String pick = entry.pick() == null ? "ordered" : entry.pick();
        if (!pick.equals("ordered") && !pick.equals("weighted")) {
            throw new IllegalArgumentException(where + "pick is '" + pick + "': it must be ordered or weighted");
        }
        Clocks clocks = SettingsFile.clocks(where, entry.timeouts()).or(SettingsFile.clocks("", file.timeouts()));
        return new RouteConfig(
                name,
                targets(where, name, entry.targets(), providers),
                pick.equals("weighted"),
                targets(where, name, entry.longer(), providers),
                workload(entry.workload(), file.workload()),
                clocks,
                stream(where + "stream", entry.stream(), file.stream()),
                Optional.ofNullable(entry.keepAlive())
                        .map(text -> SettingsFile.time(where + "keep-alive", text, Duration.ZERO)));
    }

    private static List<RouteConfig.TargetConfig> targets(
            String where,
            String name,
            @Nullable List<GatewayFile.TargetEntry> entries,
            Map<String, UpstreamConfig> providers) {
        return entries == null
                ? List.of()
                : entries.stream()
                        .map(entry -> target(where, name, entry, providers))
                        .toList();
    }

    private static RouteConfig.TargetConfig target(
            String where, String name, GatewayFile.TargetEntry entry, Map<String, UpstreamConfig> providers) {
        String provider = entry.provider() == null ? GatewayConfig.UPSTREAM : entry.provider();
        if (!providers.containsKey(provider)) {
            throw new IllegalArgumentException(where + "targets: there is no provider '" + provider + "'; there is "
                    + String.join(", ", providers.keySet()));
        }
        String model = entry.model() == null ? "" : entry.model();
        if (!model.isEmpty() && name.equals(RouteConfig.ANY) && model.equals(RouteConfig.ANY)) {
            throw new IllegalArgumentException(where + "targets: leave model out to pass on what callers ask for");
        }
        return new RouteConfig.TargetConfig(
                provider,
                model,
                entry.weight() == null ? 1 : entry.weight(),
                entry.prefill() != null && entry.prefill());
    }

    private static Optional<Workload> workload(@Nullable String here, @Nullable String everywhere) {
        return Optional.ofNullable(here != null ? here : everywhere).map(SettingsFile::workload);
    }

    private static StreamPolicy stream(String setting, @Nullable String here, @Nullable String everywhere) {
        String text = here != null ? here : everywhere;
        return text == null
                ? StreamPolicy.LIVE
                : StreamPolicy.named(text)
                        .orElseThrow(() -> new IllegalArgumentException(
                                setting + " is '" + text + "': it must be live, whole or resume"));
    }

    private Optional<GatewayConfig.TlsConfig> tls(GatewayFile.@Nullable TlsEntry entry) {
        if (entry == null) {
            return Optional.empty();
        }
        if (entry.certificate() == null || entry.key() == null) {
            throw new IllegalArgumentException("tls needs both certificate and key");
        }
        return Optional.of(new GatewayConfig.TlsConfig(resolve(entry.certificate()), resolve(entry.key())));
    }

    private static FrontLimits limits(GatewayFile.@Nullable LimitsEntry entry) {
        FrontLimits usual = FrontLimits.USUAL;
        return entry == null
                ? usual
                : new FrontLimits(
                        entry.body() == null ? usual.body() : FrontLimits.size("limits.body", entry.body()),
                        entry.head() == null ? usual.head() : FrontLimits.size("limits.head", entry.head()),
                        entry.connections() == null ? usual.connections() : entry.connections(),
                        SettingsFile.time("limits.head-time", entry.headTime(), usual.headTime()),
                        SettingsFile.time("limits.body-time", entry.bodyTime(), usual.bodyTime()));
    }

    private Optional<Path> beside(@Nullable String file) {
        return Optional.ofNullable(file).map(this::resolve);
    }

    /** Files are named as seen from the folder of the settings. */
    private Path resolve(String file) {
        return path.toAbsolutePath().resolveSibling(file);
    }
}
