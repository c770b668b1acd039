package dev.backstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.backstay.client.Clock;
import dev.backstay.core.Timeouts;
import dev.backstay.diagnosis.Doctor;
import dev.backstay.diagnosis.Finding;
import dev.backstay.diagnosis.Patient;
import dev.backstay.gateway.Gateway;
import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.gateway.config.UpstreamConfig;
import dev.backstay.simulator.Script;
import dev.backstay.simulator.SimulatorServer;
import dev.backstay.testkit.NameServer;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Bad nights and good ones, staged over real sockets: calls go through a gateway, and then each tool says what it thinks. */
abstract class Nights {

    static final ObjectMapper JSON = new ObjectMapper();
    static final int CALLS = 6;
    static final Script QUICK = Script.HEALTHY.withSpeed(20, 0.2, 2);

    /** What fails again and again is given up soon; no other clock is short, so a busy machine makes nothing late. */
    private static final String BRIEF = "timeouts: {total: 1500ms}\n";

    private final HttpClient http = HttpClient.newHttpClient();
    final Map<String, List<String>> names = new ConcurrentHashMap<>();
    String model = "accounts/fireworks/models/demo";
    /** Whether the doctor comes; it asks past the gateway. */
    boolean withDoctor = true;

    String times = BRIEF;
    /** The doctor's clocks for connections and between two tokens; a night of silence has shorter ones. */
    Duration patience = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    /**
     * What the tools say of a night.
     *
     * @param page what the page is told
     * @param findings the doctor's
     * @param books what the reconciliation prints
     * @param code its exit code
     */
    record Night(JsonNode page, List<Finding> findings, JsonNode books, int code) {

        /** The doctor's first complaint: its step, what and what to do. */
        String complaint() {
            return findings.stream()
                    .filter(each -> EnumSet.of(Finding.Verdict.WARN, Finding.Verdict.FAIL)
                            .contains(each.verdict()))
                    .findFirst()
                    .map(each -> each.step() + ": " + each.what() + " → " + each.fix())
                    .orElse("");
        }

        String verdict() {
            return books.path("verdict").asText();
        }

        /** Why attempts failed, as on the page: what, where, and whether the provider saw it. */
        List<String> causes() {
            return StreamSupport.stream(page.path("causes").spliterator(), false)
                    .filter(each -> each.path("attempts").asLong() > 0)
                    .filter(each ->
                            !each.path("kind").asText().equals("deadline_exceeded")) // of the last attempt, by chance
                    .map(each -> each.path("kind").asText() + " while "
                            + each.path("phase").asText() + ", seen: "
                            + each.path("acknowledged").asText())
                    .toList();
        }
    }

    Night night(String upstream) throws Exception {
        Path settings = Files.writeString(
                folder.resolve("backstay.yaml"),
                "listen: 127.0.0.1:0\nadmin: {listen: \"127.0.0.1:0\"}\nledger: ledger.db\n" + times + "upstream: "
                        + upstream + "\n");
        GatewayConfig config = GatewayConfig.read(settings, Map.of("KEY", "fw_secret-key")::get);
        JsonNode page;
        List<Finding> findings;
        try (NameServer server = new NameServer(names);
                Gateway gateway = Gateway.start(config, Optional.empty(), server.provider())) {
            call(gateway);
            page = page(gateway);
            findings = withDoctor ? examine(config.upstream().orElseThrow()) : List.of();
        }
        StringWriter out = new StringWriter();
        CommandLine command = Main.commandLine("reconcile");
        command.setOut(new PrintWriter(out, true));
        int code = command.execute(
                "reconcile", "--ledger", folder.resolve("ledger.db").toString(), "--since", "10m", "--json");
        Night night = new Night(page, findings, JSON.readTree(out.toString()), code);
        assertThat(out + page.toString() + findings).doesNotContain("secret");
        return night;
    }

    private void call(Gateway gateway) {
        List<CompletableFuture<HttpResponse<String>>> running = new ArrayList<>();
        for (int i = 0; i < CALLS; i++) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/chat/completions"))
                    .POST(
                            HttpRequest.BodyPublishers.ofString(
                                    "{\"model\":\"" + model
                                            + "\",\"stream\":true,\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"))
                    .build();
            running.add(http.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
        }
        running.forEach(each -> each.handle((answer, cut) -> "").join());
    }

    private JsonNode page(Gateway gateway) throws Exception {
        String url = "http://127.0.0.1:" + gateway.admin().orElseThrow().getPort() + "/api/events";
        HttpResponse<InputStream> events =
                http.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofInputStream());
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(events.body(), StandardCharsets.UTF_8))) {
            return JSON.readTree(lines.readLine().substring("data: ".length()));
        }
    }

    private List<Finding> examine(UpstreamConfig api) throws Exception {
        Duration enough = Duration.ofSeconds(30);
        Timeouts clocks = new Timeouts(patience, patience, enough, enough, patience, enough);
        Doctor doctor = new Doctor(Clock.SYSTEM, clocks, name -> {
            List<String> known = names.get(name);
            if (known == null) {
                return InetAddress.getAllByName(name);
            }
            InetAddress[] all = new InetAddress[known.size()];
            for (int i = 0; i < all.length; i++) {
                all[i] = InetAddress.getByName(known.get(i));
            }
            return all;
        });
        return doctor.examine(
                new Patient(api.name(), api.settings(), Optional.of(model), api.proxy(), api.ca()), told -> {});
    }

    static String upstream(String url, String more) {
        return "{url: \"" + url + "\", provider: fireworks, api-key-env: KEY, allow-plain-http: true" + more + "}";
    }

    static SimulatorServer simulator(Script script) throws Exception {
        return SimulatorServer.start(script, new InetSocketAddress("127.0.0.1", 0), false, 7);
    }

    Night simulated(Script script) throws Exception {
        try (SimulatorServer api = simulator(script)) {
            return night(upstream(api.url() + "/inference/v1", ""));
        }
    }
}
