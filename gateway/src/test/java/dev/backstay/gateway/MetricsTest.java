package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.ledger.Ledger;
import dev.backstay.micrometer.Metric;
import dev.backstay.testkit.RawServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What Prometheus gets: everything that {@link Metric} says and nothing else; taken by a real Prometheus; with alerts that fire when they
 * should. What needs Prometheus' programs runs where they are installed, and says so where they are not.
 */
class MetricsTest {

    private static final Path ROOT = Path.of("..");
    private static final Path DEPLOY = ROOT.resolve("deploy");
    private static final Pattern FAMILY = Pattern.compile("(?m)^# TYPE (backstay_\\w+) ");
    private static final Pattern USED = Pattern.compile("backstay_[a-z_]+");

    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    private interface Use {
        void with(Gateway gateway) throws Exception;
    }

    /** A gateway that has seen a success, a retry, and a request that it refused. */
    private void gateway(Use use) throws Exception {
        try (RawServer api = RawServer.start((number, talk) -> {
            if (number == 1) {
                talk.answer("503 no", "{}", "Retry-After: 0");
            } else {
                talk.chat("fine");
            }
        })) {
            Path settings = Files.writeString(
                    folder.resolve("backstay.yaml"),
                    "listen: 127.0.0.1:0\nledger: ledger.db\nupstream: {url: \"" + api.baseUrl() + "\"}\n");
            try (Gateway gateway = Gateway.start(GatewayConfig.read(settings, name -> null))) {
                for (String body : List.of("{\"model\":\"m\",\"messages\":[]}", "not JSON")) {
                    http.send(
                            HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/chat/completions"))
                                    .POST(HttpRequest.BodyPublishers.ofString(body))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
                }
                use.with(gateway);
            }
        }
    }

    private String get(String url) throws Exception {
        return http.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static Set<String> declared() {
        return Arrays.stream(Metric.values())
                .map(Metric::prometheusName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void the_table_of_the_guide_is_what_the_code_says() throws IOException {
        StringBuilder table = new StringBuilder("# Metrics\n\n"
                + "`GET /metrics` of a gateway; a registry of yours (`new CallMetrics(registry)`) has those of calls and attempts. Labels come from enums, so their number is\n"
                + "bounded; never a model, a key or a prompt. Times are in seconds, as histograms. Alerts:\n"
                + "[deploy/prometheus](../deploy/prometheus/backstay-rules.yaml); a dashboard for Grafana: [deploy/grafana](../deploy/grafana/backstay.json).\n\n"
                + "| metric | kind | labels | meaning |\n|---|---|---|---|\n");
        for (Metric each : Metric.values()) {
            table.append("| `").append(each.prometheusName()).append("` | ");
            table.append(
                    each.kind() == Metric.Kind.TIMER
                            ? "histogram"
                            : each.kind().name().toLowerCase(Locale.ROOT));
            table.append(" | ").append(String.join(", ", each.labels())).append(" | ");
            table.append(each.meaning()).append(" |\n");
        }
        Path file = ROOT.resolve("docs/metrics.md");
        if (Boolean.getBoolean("backstay.write")) {
            Files.writeString(file, table);
        }
        assertThat(Files.readString(file)).isEqualTo(table.toString());
    }

    @Test
    void a_gateway_tells_what_is_declared_and_nothing_else() throws Exception {
        gateway(gateway -> {
            Set<String> told = new TreeSet<>();
            Matcher family = FAMILY.matcher(get(gateway.url() + "/metrics"));
            while (family.find()) {
                told.add(family.group(1).replaceAll("_seconds_max$", "_seconds"));
            }
            assertThat(told).isEqualTo(declared());
        });
    }

    @Test
    void training_that_was_not_saved_is_told() throws Exception {
        try (Ledger ledger = Ledger.open(folder.resolve("ledger.db").toString())) {
            long now = System.currentTimeMillis();
            ledger.watches().reached("trainer", "me", "night-run", 10, now - 5_000_000);
            ledger.watches().saved("trainer", "me", "night-run", 10, now - 4_000_000);
            ledger.watches().reached("trainer", "me", "night-run", 90, now - 400_000);
        }
        gateway(gateway -> {
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (!get(gateway.url() + "/metrics").contains("backstay_work_at_risk_seconds 3600.0")) {
                assertThat(System.nanoTime()).isLessThan(until);
            }
        });
    }

    @Test
    void alerts_and_the_dashboard_use_only_what_there_is() throws IOException {
        Set<String> names = declared();
        for (Path file :
                List.of(DEPLOY.resolve("prometheus/backstay-rules.yaml"), DEPLOY.resolve("grafana/backstay.json"))) {
            Matcher used = USED.matcher(Files.readString(file));
            while (used.find()) {
                String name = used.group().replaceAll("_seconds_(bucket|count|sum|max)$", "_seconds");
                assertThat(names).as("in %s", file).contains(name);
            }
        }
        JsonNode dashboard = new JsonMapper()
                .readTree(DEPLOY.resolve("grafana/backstay.json").toFile());
        assertThat(dashboard.path("panels")).hasSizeGreaterThan(10);
    }

    private static String run(Path in, String stdin, String... command) throws Exception {
        Process process = new ProcessBuilder(command)
                .directory(in.toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().write(stdin.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor())
                .as("%s: %s", String.join(" ", command), said)
                .isZero();
        return said;
    }

    @Test
    void promtool_finds_nothing_wrong_with_them_and_alerts_fire_when_they_should() throws Exception {
        assumeThat(Browser.isInstalled("promtool"))
                .as("promtool is installed (Debian: prometheus)")
                .isTrue();
        run(DEPLOY.resolve("prometheus"), "", "promtool", "check", "rules", "backstay-rules.yaml");
        assertThat(run(DEPLOY.resolve("prometheus"), "", "promtool", "test", "rules", "backstay-rules-test.yaml"))
                .contains("SUCCESS");
        gateway(gateway -> run(folder, get(gateway.url() + "/metrics"), "promtool", "check", "metrics"));
    }

    @Test
    void a_real_prometheus_takes_them() throws Exception {
        assumeThat(Browser.isInstalled("prometheus"))
                .as("prometheus is installed (Debian: prometheus)")
                .isTrue();
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        gateway(gateway -> {
            Files.copy(DEPLOY.resolve("prometheus/backstay-rules.yaml"), folder.resolve("backstay-rules.yaml"));
            Files.writeString(
                    folder.resolve("prometheus.yml"),
                    "global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [backstay-rules.yaml]\nscrape_configs:\n"
                            + "  - job_name: backstay\n    static_configs: [{targets: ['127.0.0.1:"
                            + gateway.address().getPort() + "']}]\n");
            Process prometheus = new ProcessBuilder(
                            "prometheus",
                            "--config.file=prometheus.yml",
                            "--storage.tsdb.path=data",
                            "--web.listen-address=127.0.0.1:" + port)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("log").toFile())
                    .start();
            try {
                assertThat(awaited(port, "sum(backstay_calls_seconds_count)")).isEqualTo("1");
                assertThat(awaited(port, "sum(backstay_attempts_total)")).isEqualTo("2");
                assertThat(awaited(port, "count(up == 1)")).isEqualTo("1");
                assertThat(get("http://127.0.0.1:" + port + "/api/v1/rules"))
                        .contains("BackstayFailsBeforeTheProvider")
                        .doesNotContain("\"health\":\"err\"");
            } finally {
                prometheus.destroy();
                prometheus.waitFor(10, TimeUnit.SECONDS);
            }
        });
    }

    /** The value of a query, as soon as there is one. */
    private String awaited(int port, String query) throws Exception {
        String url =
                "http://127.0.0.1:" + port + "/api/v1/query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8);
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
        while (System.nanoTime() < until) {
            try {
                JsonNode result =
                        new JsonMapper().readTree(get(url)).path("data").path("result");
                if (result.size() == 1) {
                    return result.get(0).path("value").get(1).asText();
                }
            } catch (IOException notYet) {
                // it starts
            }
            LockSupport.parkNanos(1_000_000);
        }
        throw new AssertionError(query + " has no value; " + Files.readString(folder.resolve("log")));
    }
}
