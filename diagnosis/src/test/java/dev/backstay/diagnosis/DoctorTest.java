package dev.backstay.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.client.Clock;
import dev.backstay.client.Clocks;
import dev.backstay.client.Settings;
import dev.backstay.core.Timeouts;
import dev.backstay.testkit.Place;
import dev.backstay.testkit.RawServer;
import dev.backstay.testkit.TlsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What is wrong on the way of a call, staged over real sockets, and what the doctor says of it. */
@Execution(ExecutionMode.CONCURRENT)
class DoctorTest {

    private static final String MODELS = "{\"object\":\"list\",\"data\":[{\"id\":\"m\",\"object\":\"model\"}]}";

    /** As the doctor's own, but what is silent is given up soon. */
    private static final Timeouts SHORT = new Timeouts(
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofMillis(900),
            Duration.ofMillis(900),
            Duration.ofMillis(500),
            Duration.ofSeconds(10));

    @TempDir
    private Path folder;

    private Doctor.Lookup names = InetAddress::getAllByName;
    private Duration clockAhead = Duration.ZERO;

    private List<Finding> examine(Patient patient) throws Exception {
        List<Finding> told = new ArrayList<>();
        List<Finding> all = new Doctor(new ShiftedClock(clockAhead), SHORT, names).examine(patient, told::add);
        assertThat(told).as("as they come").isEqualTo(all);
        assertThat(all.toString()).doesNotContain("secret");
        return all;
    }

    private static Patient patient(String url) {
        return new Patient(
                "api",
                Settings.of(URI.create(url), Optional.of("secret-key")),
                Optional.of("m"),
                Optional.empty(),
                Optional.empty());
    }

    private static Finding of(String step, List<Finding> all) {
        return all.stream()
                .filter(each -> each.step().equals(step))
                .findFirst()
                .orElseThrow(() -> new AssertionError("nothing of " + step + " in " + all));
    }

    /** The one thing that fails; before it all is well, and what comes after it was not asked. */
    private static Finding theFailure(List<Finding> all) {
        List<Finding> failing = all.stream()
                .filter(each -> each.verdict() == Finding.Verdict.FAIL)
                .toList();
        assertThat(failing).as("in %s", all).hasSize(1);
        assertThat(failing.get(0).fix()).isNotEmpty();
        return failing.get(0);
    }

    private static void good(RawServer.Talk talk) throws Exception {
        if (talk.request().startsWith("GET")) {
            talk.answer("200 OK", MODELS, "Date: " + date(Instant.now()));
        } else {
            talk.beginStream().token("hel").pause(150).token("lo").done().close();
        }
    }

    private static String date(Instant time) {
        return DateTimeFormatter.RFC_1123_DATE_TIME.format(time.atZone(ZoneOffset.UTC));
    }

    @Test
    void a_healthy_api_passes_in_everything() throws Exception {
        try (RawServer api = RawServer.start((number, talk) -> good(talk))) {
            List<Finding> all = examine(patient(api.baseUrl()));
            assertThat(all).allMatch(each -> each.verdict() == Finding.Verdict.PASS, all.toString());
            assertThat(all)
                    .extracting(Finding::step)
                    .containsExactly("names", "addresses", "http", "clock", "key", "model", "completion", "settings");
            assertThat(of("completion", all).what()).matches("first token after \\d+ ms, longest pause [1-9]\\d* ms");
        }
    }

    @Test
    void a_name_that_does_not_exist() throws Exception {
        names = name -> {
            throw new UnknownHostException(name);
        };
        List<Finding> all = examine(patient("https://api.nowhere.test/v1"));
        assertThat(theFailure(all).step()).isEqualTo("names");
        assertThat(of("http", all).verdict()).isEqualTo(Finding.Verdict.SKIPPED);
    }

    @Test
    void one_of_two_addresses_is_dead() throws Exception {
        try (RawServer api = RawServer.start((number, talk) -> good(talk))) {
            names = name -> new InetAddress[] {InetAddress.getByName("127.0.0.2"), InetAddress.getByName("127.0.0.1")};
            URI url = URI.create(api.baseUrl());
            List<Finding> all = examine(patient("http://localhost:" + url.getPort() + "/v1"));
            assertThat(of("addresses", all).verdict()).isEqualTo(Finding.Verdict.WARN);
            assertThat(of("addresses", all).what()).contains("1 of 2", "127.0.0.2 refuses (Connection refused)");
            assertThat(of("completion", all).verdict()).isEqualTo(Finding.Verdict.PASS);
        }
    }

    @Test
    void a_black_hole() throws Exception {
        try (Place hole = Place.blackHole()) {
            Finding failure = theFailure(examine(patient(hole.url())));
            assertThat(failure.step()).isEqualTo("addresses");
            assertThat(failure.what()).contains("is silent");
            assertThat(failure.fix()).contains("firewalls");
        }
    }

    @Test
    void a_proxy_that_refuses() throws Exception {
        for (String status : List.of("403 Forbidden", "407 Proxy Authentication Required")) {
            try (RawServer proxy = RawServer.start((number, talk) -> talk.answer(status, "no"))) {
                Patient behind = new Patient(
                        "api",
                        Settings.of(URI.create("https://api.test/v1"), Optional.of("secret-key")),
                        Optional.of("m"),
                        Optional.of(URI.create("http://me:secret@127.0.0.1:"
                                + URI.create(proxy.baseUrl()).getPort())),
                        Optional.empty());
                Finding failure = theFailure(examine(behind));
                assertThat(failure.step()).isEqualTo("proxy");
                assertThat(failure.what()).contains("the proxy says: HTTP/1.1 " + status);
            }
        }
    }

    private static TlsServer tls(String name, Instant from, Instant until) throws Exception {
        return TlsServer.start(name, from, until, MODELS);
    }

    private Patient over(TlsServer api) throws IOException {
        return new Patient(
                "api",
                Settings.of(URI.create(api.baseUrl()), Optional.of("secret-key")),
                Optional.empty(),
                Optional.empty(),
                Optional.of(Files.writeString(folder.resolve("ca.pem"), api.authority())));
    }

    @Test
    void a_certificate_that_has_expired() throws Exception {
        Instant now = Instant.now();
        try (TlsServer api = tls("localhost", now.minus(Duration.ofDays(90)), now.minus(Duration.ofDays(1)))) {
            Finding failure = theFailure(examine(over(api)));
            assertThat(failure.step()).isEqualTo("tls");
            assertThat(failure.what()).startsWith("the certificate expired on");
        }
    }

    @Test
    void a_wrong_clock_is_not_taken_for_an_expired_certificate() throws Exception {
        Instant now = Instant.now();
        try (TlsServer api = tls("localhost", now.minus(Duration.ofDays(1)), now.plus(Duration.ofDays(30)))) {
            assertThat(of("tls", examine(over(api))).verdict()).isEqualTo(Finding.Verdict.PASS);
        }
        try (TlsServer api = tls("localhost", now.plus(Duration.ofDays(1)), now.plus(Duration.ofDays(30)))) {
            api.thinksItIs(now.plus(Duration.ofDays(2)));
            Finding failure = theFailure(examine(over(api)));
            assertThat(failure.step()).isEqualTo("clock");
            assertThat(failure.what())
                    .contains("this machine's clock says", "the certificate seems to be out of its time");
        }
        clockAhead = Duration.ofMinutes(-20);
        try (RawServer api = RawServer.start((number, talk) -> good(talk))) {
            Finding failure = theFailure(examine(patient(api.baseUrl())));
            assertThat(failure.step()).isEqualTo("clock");
            assertThat(failure.what()).matches("this machine's clock is 1(19|20)\\d s behind the server's");
        }
    }

    @Test
    void a_certificate_of_somebody_else_or_of_nobody_we_know() throws Exception {
        Instant now = Instant.now();
        try (TlsServer api = tls("elsewhere.test", now.minusSeconds(60), now.plus(Duration.ofDays(30)))) {
            assertThat(theFailure(examine(over(api))).what())
                    .contains("the certificate is for elsewhere.test, not for localhost");
        }
        try (TlsServer api = tls("localhost", now.minusSeconds(60), now.plus(Duration.ofDays(30)))) {
            Finding failure = theFailure(examine(patient(api.baseUrl())));
            assertThat(failure.what()).contains("whom this machine does not trust");
            assertThat(failure.fix()).contains("upstream.ca");
        }
    }

    @Test
    void a_port_that_does_not_speak_tls() throws Exception {
        try (RawServer api = RawServer.start((number, talk) -> good(talk))) {
            Finding failure = theFailure(examine(patient(api.baseUrl().replace("http:", "https:"))));
            assertThat(failure.step()).isEqualTo("tls");
            assertThat(failure.what()).startsWith("the handshake fails");
        }
    }

    private List<Finding> answeredWith(String status, String body) throws Exception {
        try (RawServer api = RawServer.start((number, talk) -> {
            if (talk.request().contains("secret-key") && talk.request().startsWith("GET")) {
                talk.answer(status, body);
            } else {
                talk.answer("401 Unauthorized", "{\"error\":{\"message\":\"who are you?\"}}");
            }
        })) {
            return examine(patient(api.baseUrl()));
        }
    }

    @Test
    void a_wrong_key_a_key_without_rights_and_a_blocked_account_are_told_apart() throws Exception {
        Finding unknown = theFailure(answeredWith("401 Unauthorized", "{\"error\":{\"message\":\"invalid\"}}"));
        assertThat(unknown.step()).isEqualTo("key");
        assertThat(unknown.fix()).contains("not known there");
        assertThat(theFailure(answeredWith("403 Forbidden", "{}")).fix()).contains("may not do this");
        assertThat(theFailure(answeredWith("412 Precondition Failed", "{\"error\":{\"message\":\"suspended\"}}")))
                .satisfies(blocked -> {
                    assertThat(blocked.what()).contains("412", "suspended");
                    assertThat(blocked.fix()).contains("the account is blocked");
                });
    }

    private List<Finding> completed(RawServer.Script completion) throws Exception {
        try (RawServer api = RawServer.start((number, talk) -> {
            if (talk.request().startsWith("GET")) {
                good(talk);
            } else {
                completion.play(number, talk);
            }
        })) {
            return examine(patient(api.baseUrl()));
        }
    }

    @Test
    void a_retired_model() throws Exception {
        List<Finding> all = completed(
                (number, talk) -> talk.answer("404 Not Found", "{\"error\":{\"message\":\"model not found\"}}"));
        assertThat(theFailure(all).step()).isEqualTo("completion");
        assertThat(theFailure(all).what()).contains("not_found", "model not found");
        assertThat(theFailure(all).fix()).contains("retired or renamed");
    }

    @Test
    void limits_saturation_and_outages_are_told_apart() throws Exception {
        assertThat(theFailure(completed((number, talk) -> talk.answer("429 Too Many Requests", "{}")))
                        .what())
                .contains("rate_limited", "429");
        assertThat(theFailure(completed((number, talk) ->
                                talk.answer("503 Service Unavailable", "{\"error\":{\"message\":\"overloaded\"}}")))
                        .what())
                .contains("overloaded", "503");
        assertThat(theFailure(completed((number, talk) -> talk.answer("500 Oops", "{}")))
                        .what())
                .contains("server_error", "500");
    }

    @Test
    void a_stream_that_stalls_and_one_that_is_cut_and_silence() throws Exception {
        assertThat(theFailure(completed(
                                (number, talk) -> talk.beginStream().token("a").silence()))
                        .what())
                .contains("stream_stalled while streaming", "acknowledged: yes");
        assertThat(theFailure(completed(
                                (number, talk) -> talk.beginStream().token("a").close()))
                        .what())
                .contains("stream_truncated");
        assertThat(theFailure(completed((number, talk) -> talk.silence())).what())
                .contains("first_token_timeout while awaiting");
    }

    @Test
    void clocks_that_would_cut_good_calls_are_warned_of() throws Exception {
        try (RawServer api = RawServer.start((number, talk) -> {
            if (!talk.request().startsWith("GET")) {
                talk.pause(400);
            }
            good(talk);
        })) {
            Settings tight = new Settings(
                    URI.create(api.baseUrl()),
                    Settings.of(URI.create(api.baseUrl()), Optional.empty()).provider(),
                    Optional.of("secret-key"),
                    false,
                    1,
                    Optional.empty(),
                    Clocks.within(Duration.ofSeconds(5))
                            .withConnect(Duration.ofMillis(250))
                            .withFirstToken(Duration.ofMillis(500)));
            List<Finding> all =
                    examine(new Patient("api", tight, Optional.of("m"), Optional.empty(), Optional.empty()));
            List<String> warnings = all.stream()
                    .filter(each -> each.verdict() == Finding.Verdict.WARN)
                    .map(Finding::what)
                    .toList();
            assertThat(warnings).hasSize(4);
            assertThat(warnings.toString())
                    .contains("timeouts.connect is 250 ms", "timeouts.first-token is 500 ms", "timeouts.total is 5 s")
                    .contains("max-attempts is 1");
        }
    }

    /** A clock that is set wrong. */
    private record ShiftedClock(Duration ahead) implements Clock {
        @Override
        public Instant now() {
            return Instant.now().plus(ahead);
        }

        @Override
        public void await(Object monitor, long untilNanos) throws InterruptedException {
            SYSTEM.await(monitor, untilNanos);
        }

        @Override
        public long nanos() {
            return SYSTEM.nanos();
        }
    }
}
