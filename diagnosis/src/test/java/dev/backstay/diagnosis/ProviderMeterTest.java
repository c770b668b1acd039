package dev.backstay.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.fireworks.Access;
import dev.backstay.ledger.Ledger;
import dev.backstay.ledger.ProviderRate;
import dev.backstay.testkit.RawServer;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the platform counts is kept for the deployments that calls ask, and for no others. */
class ProviderMeterTest {

    private static final Instant NOW = Instant.parse("2026-11-22T14:00:30Z");

    @TempDir
    private Path folder;

    private String where() {
        return folder.resolve("ledger.db").toString();
    }

    private void asked(String model, Instant when) throws Exception {
        Ledger.open(where()).close();
        try (Connection ledger = DriverManager.getConnection("jdbc:sqlite:" + where())) {
            ledger.createStatement()
                    .execute(
                            "INSERT INTO attempt_tally (minute_ms, source, host, model, outcome, phase, acknowledged, status,"
                                    + " attempts, prompt_tokens, cached_tokens, completion_tokens) VALUES ("
                                    + when.toEpochMilli()
                                    + ", 'me', 'api', '" + model + "', 'completed', 'done', 'yes', 0, 5, 0, 0, 0)");
        }
    }

    private List<ProviderRate> kept(String deployment) {
        try (Ledger ledger = Ledger.existing(where())) {
            return ledger.providerRates().of(deployment, 0, Long.MAX_VALUE);
        }
    }

    private static RawServer platform() {
        return RawServer.start((number, talk) -> {
            if (talk.request().contains("/accounts/others/")) {
                talk.answer("403 Forbidden", "{\"error\":\"not yours\"}");
            } else {
                talk.answer(
                        "200 OK",
                        "request_counter_total:sum_by_deployment{deployment_id=\"chat\"} 2.5\n"
                                + "requests_error_total:sum_by_deployment{deployment_id=\"chat\",http_code=\"429\"} 0.5\n"
                                + "request_counter_total:sum_by_deployment{deployment_id=\"idle\"} 0\n");
            }
        });
    }

    private ProviderMeter meter(RawServer platform) {
        URI base = URI.create(platform.baseUrl().replace("/v1", ""));
        return new ProviderMeter(new Access(base, "fw_key", Optional.empty()), where(), InstantSource.fixed(NOW));
    }

    @Test
    void one_account_that_is_not_ours_keeps_nobody_from_counting_another() throws Exception {
        asked("accounts/others/deployments/chat", NOW.minusSeconds(30));
        asked("accounts/Somebody/deployments/../..", NOW.minusSeconds(30));
        asked("accounts/zebra/deployments/chat", NOW.minusSeconds(30));
        try (RawServer platform = platform();
                ProviderMeter meter = meter(platform)) {
            meter.once();
            assertThat(kept("chat"))
                    .containsExactly(
                            new ProviderRate(NOW.toEpochMilli(), "zebra", "chat", ProviderRate.ALL, 2.5),
                            new ProviderRate(NOW.toEpochMilli(), "zebra", "chat", "429", 0.5));
            assertThat(kept("idle")).isEmpty();
        }
    }

    @Test
    void nobody_is_asked_while_no_call_asks_a_deployment() throws Exception {
        asked("accounts/fireworks/models/demo", NOW.minusSeconds(30));
        asked("accounts/me/deployments/chat", NOW.minusSeconds(3_600));
        try (RawServer platform = platform();
                ProviderMeter meter = meter(platform)) {
            meter.once();
            assertThat(platform.requests()).isEmpty();
        }
    }

    @Test
    void a_ledger_that_is_not_there_yet_is_found_later() throws Exception {
        try (RawServer platform = platform();
                ProviderMeter meter = meter(platform)) {
            meter.once();
            asked("accounts/me/deployments/chat", NOW.minusSeconds(30));
            meter.once();
            assertThat(kept("chat")).hasSize(2);
        }
    }
}
