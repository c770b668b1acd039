package dev.backstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.core.CallListener;
import dev.backstay.diagnosis.Reconciliation;
import dev.backstay.diagnosis.Verdict;
import dev.backstay.ledger.CallKeeper;
import dev.backstay.ledger.Keeping;
import dev.backstay.ledger.Ledger;
import dev.backstay.simulator.Replay;
import dev.backstay.simulator.Script;
import dev.backstay.simulator.SimulatorServer;
import dev.backstay.simulator.Story;
import dev.backstay.simulator.Trace;
import dev.backstay.testkit.Place;
import dev.backstay.testkit.RawServer;
import dev.backstay.testkit.TlsServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import picocli.CommandLine;

/**
 * Twelve bad nights, and good ones. In each the doctor says what is wrong, the reconciliation says where attempts died, and the page shows
 * it; in a good one nobody says anything. The thirteenth is {@link SaturatedDeploymentTest}.
 */
@Execution(ExecutionMode.CONCURRENT)
class IncidentsTest extends Nights {

    private Night answered(String status, String body) throws Exception {
        try (RawServer api = RawServer.start((number, talk) -> {
            boolean open = !talk.request().contains("secret-key");
            talk.answer(open ? "401 Unauthorized" : status, open ? "{\"error\":{\"message\":\"who are you?\"}}" : body);
        })) {
            return night(upstream(api.baseUrl(), ""));
        }
    }

    @Test
    void one_of_the_addresses_of_a_name_is_dead() throws Exception {
        names.put("two.test", List.of("127.0.0.2", "127.0.0.1"));
        try (SimulatorServer api = simulator(QUICK)) {
            Night night = night(upstream("http://two.test:" + api.address().getPort() + "/inference/v1", ""));
            assertThat(night.complaint()).startsWith("addresses: 1 of 2").contains("127.0.0.2 refuses");
            assertThat(night.page().path("addresses").toString()).contains("\"127.0.0.2:", "\"refused\":");
            assertThat(night.verdict()).contains("No connection to 1 of 2 addresses (127.0.0.2:");
            assertThat(night.causes()).isEmpty();
            assertThat(night.code()).isZero();
        }
    }

    @Test
    void a_name_that_nobody_knows() throws Exception {
        Night night = night(upstream("http://nobody.test/v1", ""));
        assertThat(night.complaint()).startsWith("names: ");
        assertThat(night.causes()).containsExactly("dns_failed while resolving, seen: no");
        assertThat(night.verdict()).contains("died in RESOLVING (dns_failed)", "cannot have seen them");
        assertThat(night.code()).isOne();
    }

    @Test
    void connections_vanish_in_a_black_hole() throws Exception {
        times = "timeouts: {connect: 400ms, total: 1500ms}\n";
        patience = Duration.ofSeconds(1);
        try (Place hole = Place.blackHole()) {
            Night night = night(upstream(hole.url(), ""));
            assertThat(night.complaint()).startsWith("addresses: ").contains("is silent", "firewalls");
            assertThat(night.causes()).containsExactly("connect_timeout while connecting, seen: no");
            assertThat(night.verdict()).contains("died in CONNECTING (connect_timeout) to 1 of 1 addresses");
            assertThat(night.page().path("addresses").toString()).contains("\"silent\":");
            assertThat(night.code()).isOne();
        }
    }

    private Night over(TlsServer api) throws Exception {
        times = "";
        Path ca = Files.writeString(folder.resolve("ca.pem"), api.authority());
        return night(upstream(api.baseUrl(), ", ca: " + ca));
    }

    @Test
    void a_certificate_has_expired() throws Exception {
        Instant now = Instant.now();
        try (TlsServer api =
                TlsServer.start("localhost", now.minus(Duration.ofDays(90)), now.minus(Duration.ofDays(1)), "{}")) {
            Night night = over(api);
            assertThat(night.complaint()).startsWith("tls: the certificate expired on");
            assertThat(night.causes()).containsExactly("certificate_refused while securing, seen: no");
            assertThat(night.verdict()).contains("died in SECURING (certificate_refused)");
            assertThat(night.code()).isOne();
        }
    }

    @Test
    void the_clock_of_this_machine_is_wrong() throws Exception {
        Instant now = Instant.now();
        try (TlsServer api =
                TlsServer.start("localhost", now.plus(Duration.ofDays(1)), now.plus(Duration.ofDays(30)), "{}")) {
            api.thinksItIs(now.plus(Duration.ofDays(2)));
            Night night = over(api);
            assertThat(night.complaint()).startsWith("clock: this machine's clock says");
            assertThat(night.causes()).containsExactly("certificate_refused while securing, seen: no");
            assertThat(night.verdict()).contains("died in SECURING (certificate_refused)", "the clock");
        }
    }

    @Test
    void the_proxy_refuses() throws Exception {
        try (RawServer proxy = RawServer.start((number, talk) -> talk.answer("403 Forbidden", "no"))) {
            int port = URI.create(proxy.baseUrl()).getPort();
            Night night = night(upstream("https://api.test/v1", ", proxy: \"http://127.0.0.1:" + port + "\""));
            assertThat(night.complaint()).startsWith("proxy: ").contains("the proxy says: HTTP/1.1 403");
            assertThat(night.causes()).singleElement().asString().endsWith("seen: no");
            assertThat(night.page().path("causes").toString()).contains("the proxy refuses the tunnel");
            assertThat(night.code()).isOne();
        }
    }

    @Test
    void the_key_is_wrong() throws Exception {
        Night night = answered("401 Unauthorized", "{\"error\":{\"message\":\"invalid key\"}}");
        assertThat(night.complaint()).startsWith("key: ").contains("not known there");
        assertThat(night.causes()).containsExactly("unauthorized while awaiting, seen: yes");
        assertThat(night.verdict())
                .contains("all of them reached Fireworks", "unauthorized in AWAITING", "check the API key");
        assertThat(night.code()).isZero();
    }

    @Test
    void the_account_is_suspended() throws Exception {
        Night night = answered("412 Precondition Failed", "{\"error\":{\"message\":\"account suspended\"}}");
        assertThat(night.complaint()).startsWith("key: ").contains("412", "the account is blocked");
        assertThat(night.causes()).containsExactly("account_blocked while awaiting, seen: yes");
        assertThat(night.verdict()).contains("account_blocked in AWAITING", "check billing");
    }

    @Test
    void the_model_is_retired() throws Exception {
        Script others = new Script(
                List.of("accounts/fireworks/models/newer"),
                QUICK.firstTokenMs(),
                QUICK.firstTokenSpread(),
                QUICK.tokenGapMs(),
                QUICK.limits(),
                QUICK.growth(),
                QUICK.serving(),
                Story.HEALTHY);
        Night night = simulated(others);
        assertThat(night.complaint()).contains("retired");
        assertThat(night.causes()).containsExactly("not_found while awaiting, seen: yes");
        assertThat(night.verdict()).contains("not_found in AWAITING", "check the model or deployment id");
    }

    @Test
    void a_rate_limit_is_met() throws Exception {
        Night night = simulated(QUICK.with(Story.of("then: fail 100% with 429")));
        assertThat(night.complaint()).startsWith("completion: ").contains("rate_limited", "send less");
        assertThat(night.causes()).containsExactly("rate_limited while awaiting, seen: yes");
        assertThat(night.verdict()).contains("rate_limited in AWAITING");
    }

    @Test
    void the_provider_is_out() throws Exception {
        Night night = simulated(QUICK.with(Story.of("then: fail 100% with 503")));
        assertThat(night.complaint()).contains("overloaded", "503");
        assertThat(night.causes()).containsExactly("overloaded while awaiting, seen: yes");
        assertThat(night.page().path("targets").toString()).contains("\"gate\":\"shut\"");
        assertThat(night.verdict()).contains("overloaded in AWAITING");
    }

    @Test
    void streams_stall() throws Exception {
        times = "timeouts: {idle: 500ms, total: 1500ms}\n";
        patience = Duration.ofSeconds(1);
        try (RawServer api = RawServer.start((number, talk) -> {
            if (talk.request().startsWith("GET")) {
                talk.answer("200 OK", "{\"data\":[{\"id\":\"" + model + "\"}]}");
            } else {
                talk.beginStream().token("a").silence();
            }
        })) {
            Night night = night(upstream(api.baseUrl(), ""));
            assertThat(night.complaint()).startsWith("completion: stream_stalled while streaming");
            assertThat(night.causes()).containsExactly("stream_stalled while streaming, seen: yes");
            assertThat(night.verdict()).contains("stream_stalled in STREAMING");
        }
    }

    @Test
    void a_healthy_hour_of_real_traffic_alarms_nobody() throws Exception {
        String file = folder.resolve("ledger.db").toString();
        AtomicLong nanos = new AtomicLong();
        InstantSource clock = () -> Instant.parse("2026-11-22T14:00:00Z").plusNanos(nanos.get());
        try (CallKeeper keeper = CallKeeper.start(file, Keeping.USUAL, "hour", clock)) {
            CallListener inTime = (nowNanos, call, signal, step) -> {
                nanos.set(nowNanos);
                keeper.listener().heard(nowNanos, call, signal, step);
            };
            new Replay(Script.HEALTHY, Duration.ofSeconds(120), true, 1, 1)
                    .play(Trace.azureCode().rows(), Replay.backstay(inTime), calls -> {});
        }
        try (Ledger ledger = Ledger.existing(file)) {
            Reconciliation books = Reconciliation.of(
                    clock.millis() - Duration.ofHours(1).toMillis(),
                    clock.millis(),
                    ledger.tallies().attempts(0, Long.MAX_VALUE),
                    ledger.tallies().addresses(0, Long.MAX_VALUE),
                    Optional.empty());
            assertThat(Verdict.of(books, "Fireworks")).startsWith("Nothing failed: 8,819 attempts.");
            assertThat(books.isSuspicious()).isFalse();
        }
    }

    @Test
    void a_healthy_evening_alarms_nobody() throws Exception {
        times = "";
        Night night = simulated(QUICK);
        assertThat(night.complaint()).isEmpty();
        assertThat(night.causes()).isEmpty();
        assertThat(night.page().path("addresses")).isEmpty();
        assertThat(night.page().path("targets").toString())
                .contains("\"gate\":\"open\"")
                .doesNotContain("shut");
        assertThat(night.verdict()).startsWith("Nothing failed: " + CALLS + " attempts.");
        assertThat(night.code()).isZero();
    }

    private record Metered(int code, String said) {}

    private Metered metered(SimulatorServer api) throws Exception {
        Path key = Files.writeString(folder.resolve("key"), "fw_secret-key");
        StringWriter out = new StringWriter();
        CommandLine command = Main.commandLine("reconcile");
        command.setOut(new PrintWriter(out, true));
        String ledger = folder.resolve("ledger.db").toString();
        int code = command.execute(
                "reconcile",
                "--serverless",
                "--ledger",
                ledger,
                "--account",
                "demo",
                "--base-url",
                api.url(),
                "--api-key-file",
                key.toString());
        return new Metered(code, out.toString());
    }

    @Test
    void tokens_that_answers_told_us_are_those_that_were_metered_unless_somebody_goes_past_the_gateway()
            throws Exception {
        times = "";
        try (SimulatorServer api = simulator(QUICK)) {
            withDoctor = false;
            night(upstream(api.url() + "/inference/v1", ""));
            Metered ours = metered(api);
            assertThat(ours.said()).contains("demo ", "The books agree: Fireworks metered");
            assertThat(ours.code()).isZero();
            withDoctor = true;
            night(upstream(api.url() + "/inference/v1", ""));
            Metered more = metered(api);
            assertThat(more.said()).contains("tokens more than our answers can explain");
            assertThat(more.code()).isOne();
        }
    }
}
