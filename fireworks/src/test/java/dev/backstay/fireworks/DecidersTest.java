package dev.backstay.fireworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What decides and parses, without anybody to ask. */
class DecidersTest {

    // Saves

    @Test
    void youngs_formula_gives_his_example_of_the_guide() {
        DcpSaves advised = DcpSaves.advised(Duration.ofSeconds(60), Duration.ofSeconds(20), Duration.ofHours(12), 20);
        assertThat(advised.interval()).isEqualTo(25);
        assertThat(DcpSaves.advised(Duration.ZERO, Duration.ofSeconds(20), Duration.ofHours(1), 3)
                        .interval())
                .isEqualTo(1);
        assertThat(DcpSaves.advised(Duration.ofSeconds(60), Duration.ofSeconds(20), Duration.ofHours(12), 0)
                        .interval())
                .isEqualTo(113);
    }

    @Test
    void a_save_is_due_after_every_so_many_steps_but_not_at_the_start() {
        DcpSaves saves = new DcpSaves(10);
        assertThat(saves.isDue(10, 0)).isTrue();
        assertThat(saves.isDue(10, 10)).isFalse();
        assertThat(saves.isDue(25, 15)).isTrue();
        assertThat(saves.isDue(11, 0)).isFalse();
        assertThat(new DcpSaves(0).isDue(10, 0)).isFalse();
        assertThat(new DcpSaves(0).isOn()).isFalse();
        assertThat(DcpSaves.atRisk(37, 30)).isEqualTo(7);
        assertThat(DcpSaves.atRisk(37, -1)).isEqualTo(37);
        assertThatThrownBy(() -> new DcpSaves(-1)).hasMessageContaining("dcp-save-interval");
    }

    // Waking up

    @Test
    void the_documented_schedule_is_about_25_minutes() {
        WakeUp schedule = WakeUp.DOCUMENTED;
        assertThat(schedule.after(1)).isEqualTo(Duration.ofSeconds(5));
        assertThat(schedule.after(2)).isEqualTo(Duration.ofMillis(7_500));
        assertThat(schedule.after(30)).isEqualTo(Duration.ofSeconds(60));
        long seconds = 0;
        for (int i = 1; i <= schedule.mostTries(); i++) {
            seconds += schedule.after(i).toSeconds();
        }
        assertThat(seconds).isBetween(1_450L, 1_650L);
    }

    // Scaling

    private static Autoscaler.Settings settings(double perReplica, double hours) {
        return new Autoscaler.Settings(
                1, 20, perReplica, Duration.ofMinutes(2), Duration.ofMinutes(10), Duration.ofSeconds(60), hours);
    }

    private static Pressure pressure(double calls, double rejectedShare) {
        return new Pressure(15, calls, calls, calls * rejectedShare, 0, 4, 0);
    }

    private static long at(int seconds) {
        return seconds * 1_000_000_000L;
    }

    @Test
    void it_provides_for_what_comes_and_for_chance() {
        Autoscaler.Proposal proposal = new Autoscaler(settings(8, Double.POSITIVE_INFINITY))
                .look(pressure(10, 0), new Autoscaler.Now(1, 2, 1, 1), at(0));
        assertThat(proposal.min()).isEqualTo((int) Math.ceil((40 + 2.1 * Math.sqrt(40)) / 8));
        assertThat(proposal.max()).isGreaterThan(proposal.min());
        assertThat(proposal.evidence()).contains("10.00 calls/s", "demand 40.0");
    }

    @Test
    void it_goes_down_only_after_less_has_been_enough_for_a_while() {
        Autoscaler scaler = new Autoscaler(settings(8, Double.POSITIVE_INFINITY));
        Autoscaler.Now now = new Autoscaler.Now(7, 9, 7, 7);
        for (int second = 0; second < 600; second += 15) {
            assertThat(scaler.look(pressure(2, 0), now, at(second)).changes()).isFalse();
        }
        assertThat(scaler.look(pressure(2, 0), now, at(620)).min()).isEqualTo(2);
    }

    @Test
    void what_a_replica_takes_is_learned_from_the_429s() {
        Autoscaler scaler = new Autoscaler(settings(0, Double.POSITIVE_INFINITY));
        assertThat(scaler.look(pressure(4, 0), new Autoscaler.Now(2, 3, 2, 2), at(0))
                        .changes())
                .isFalse();
        Autoscaler.Proposal pressed =
                scaler.look(new Pressure(15, 8, 8, 4, 0, 4, 0), new Autoscaler.Now(2, 3, 2, 2), at(15));
        assertThat(pressed.evidence()).contains("8.0 requests a replica");
        assertThat(pressed.min()).isGreaterThan(2);
    }

    @Test
    void a_peak_of_the_platform_does_not_become_the_minimum() {
        Autoscaler scaler = new Autoscaler(settings(0, Double.POSITIVE_INFINITY));
        assertThat(scaler.look(pressure(0.1, 0), new Autoscaler.Now(1, 10, 8, 8), at(0))
                        .min())
                .isEqualTo(1);
    }

    @Test
    void going_up_takes_no_replica_away() {
        Autoscaler scaler = new Autoscaler(settings(8, Double.POSITIVE_INFINITY));
        Autoscaler.Proposal proposal = scaler.look(pressure(2, 0), new Autoscaler.Now(1, 10, 8, 8), at(0));
        assertThat(proposal.min()).isEqualTo(2);
        assertThat(proposal.max()).isEqualTo(10);
    }

    @Test
    void more_than_may_be_is_taken_back() {
        Autoscaler scaler =
                new Autoscaler(new Autoscaler.Settings(1, 4, 8, Duration.ZERO, Duration.ZERO, Duration.ZERO, 48));
        Autoscaler.Proposal proposal = scaler.look(pressure(2, 0), new Autoscaler.Now(1, 20, 15, 15), at(0));
        assertThat(proposal.changes()).isTrue();
        assertThat(proposal.max()).isEqualTo(2);
    }

    @Test
    void without_traffic_it_goes_to_zero_if_it_may() {
        Autoscaler scaler = new Autoscaler(new Autoscaler.Settings(
                0, 4, 8, Duration.ofMinutes(2), Duration.ofMinutes(10), Duration.ZERO, Double.POSITIVE_INFINITY));
        int min = 3;
        for (int second = 0; second < 3_600; second += 15) {
            min = scaler.look(pressure(second < 60 ? 2 : 0, 0), new Autoscaler.Now(min, 4, min, min), at(second))
                    .min();
        }
        assertThat(min).isZero();
    }

    @Test
    void when_all_are_turned_away_it_goes_up() {
        Autoscaler scaler = new Autoscaler(settings(8, Double.POSITIVE_INFINITY));
        Pressure saturated = new Pressure(15, 5, 5, 5, 0, 0, 0);
        assertThat(scaler.look(saturated, new Autoscaler.Now(1, 10, 1, 1), at(0))
                        .min())
                .isEqualTo(2);
    }

    @Test
    void who_has_not_looked_for_long_knows_nothing_of_it() {
        Autoscaler scaler = new Autoscaler(settings(8, Double.POSITIVE_INFINITY));
        for (int second = 0; second < 1_200; second += 15) {
            scaler.look(pressure(10, 0), new Autoscaler.Now(7, 9, 7, 7), at(second));
        }
        assertThat(scaler.look(pressure(0.1, 0), new Autoscaler.Now(7, 9, 7, 7), at(9_000))
                        .min())
                .isEqualTo(7);
    }

    @Test
    void a_ceiling_of_replica_hours_is_kept() {
        Autoscaler scaler = new Autoscaler(settings(1, 48));
        Autoscaler.Proposal proposal = scaler.look(pressure(100, 0), new Autoscaler.Now(1, 1, 1, 1), at(0));
        assertThat(proposal.min()).isEqualTo(2);
        int min = 1;
        double hours = 0;
        for (int second = 0; second < 86_400; second += 60) {
            Autoscaler.Proposal next =
                    scaler.look(pressure(100, 0), new Autoscaler.Now(min, 20, min, min), at(second + 60));
            min = next.min();
            hours += min / 60.0;
        }
        assertThat(hours).isLessThanOrEqualTo(48 + 1);
    }

    @Test
    void impossible_settings_are_told() {
        assertThatThrownBy(() -> new Autoscaler.Settings(3, 2, 0, Duration.ZERO, Duration.ZERO, Duration.ZERO, 1))
                .hasMessageContaining("least <= most");
        assertThatThrownBy(() -> settings(-1, 1)).hasMessageContaining("per-replica");
        assertThatThrownBy(() -> settings(1, 0)).hasMessageContaining("hours-per-day");
    }

    // Metrics

    @Test
    void prometheus_text_is_read_as_it_is() {
        List<ExportedMetrics.Sample> samples = ExportedMetrics.parse("""
                # HELP request_counter_total:sum_by_deployment x
                request_counter_total:sum_by_deployment{base_model="m",deployment_id="d"} 1.5
                requests_error_total:sum_by_deployment{deployment_id="d",http_code="429"} 0.25 1700000000000
                latency_overall_ms_bucket:sum_by_deployment{le="+Inf",deployment_id="a\\"b"} +Inf
                nonsense
                broken{x="1"} abc
                """);
        assertThat(samples).hasSize(3);
        assertThat(samples.get(0).value()).isCloseTo(1.5, within(1e-9));
        assertThat(samples.get(1).labels()).isEqualTo(Map.of("deployment_id", "d", "http_code", "429"));
        assertThat(samples.get(2).labels()).containsEntry("deployment_id", "a\"b");
        assertThat(samples.get(2).value()).isInfinite();
    }

    // Protobuf's JSON

    @ParameterizedTest
    @CsvSource({"1800s, PT30M", "0.5s, PT0.5S", "3.000000001s, PT3.000000001S", "-5s, PT-5S"})
    void durations_are_seconds_with_an_s(String text, Duration duration) {
        assertThat(Proto.duration(Proto.object().put("d", text).path("d"))).hasValue(duration);
        assertThat(Proto.text(duration)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"30m", "1e3s", "s", "5"})
    void what_is_no_duration_is_none(String text) {
        assertThat(Proto.duration(Proto.object().put("d", text).path("d"))).isEmpty();
    }

    @Test
    void int64_are_strings_and_dates_have_any_precision() {
        assertThat(Proto.int64(Proto.object().put("n", "9223372036854775807").path("n")))
                .isEqualTo(Long.MAX_VALUE);
        assertThat(Proto.int64(Proto.object().put("n", 12).path("n"))).isEqualTo(12);
        assertThat(Proto.instant(
                        Proto.object().put("t", "2026-04-16T10:00:00.123456Z").path("t")))
                .hasValue(Instant.parse("2026-04-16T10:00:00.123456Z"));
        assertThat(Proto.instant(Proto.object().put("t", "soon").path("t"))).isEmpty();
    }

    @Test
    void a_mask_names_what_changes_and_no_more() {
        ObjectNode change = Proto.object().put("minReplicaCount", 1);
        change.putObject("autoscalingPolicy")
                .put("scaleUpWindow", "30s")
                .putObject("loadTargets")
                .put("default", 0.5);
        assertThat(Proto.mask(change))
                .containsExactly(
                        "min_replica_count", "autoscaling_policy.scale_up_window", "autoscaling_policy.load_targets");
    }

    @Test
    void differences_are_told_and_additions_of_the_server_are_none() {
        ObjectNode wanted = Proto.object().put("a", 1).put("b", "x").put("hidden", "y");
        ObjectNode exists = Proto.object().put("a", "1").put("b", "z").put("state", "READY");
        assertThat(Proto.differences("", wanted, exists)).containsExactly("b is \"z\" and not \"x\"");
    }

    // Access and ids

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "A",
                "a_b",
                "-a",
                "a-",
                "a b",
                "0123456789012345678901234567890123456789012345678901234567890123"
            })
    void an_id_that_breaks_the_rule_is_told(String id) {
        assertThatThrownBy(() -> Ids.check("thing", id)).hasMessageContaining("a-z, 0-9 and -");
    }

    @Test
    void access_is_checked_and_the_key_never_printed() {
        assertThatThrownBy(() -> new Access(URI.create("ftp://x"), "k", Optional.empty()))
                .hasMessageContaining("http(s)://host");
        assertThatThrownBy(() -> new Access(Access.FIREWORKS, " ", Optional.empty()))
                .hasMessageContaining("FIREWORKS_API_KEY");
        assertThatThrownBy(() -> new Access(Access.FIREWORKS, "a\nb", Optional.empty()))
                .hasMessageContaining("characters");
        assertThat(new Access(Access.FIREWORKS, "secret", Optional.of("accounts/me")).toString())
                .doesNotContain("secret")
                .contains("me");
    }

    @Test
    void a_holder_that_is_gone_is_known() throws Exception {
        assertThat(Holder.isGone(Holder.mine())).isFalse();
        assertThat(Holder.isGone("process-3")).isFalse();
        Process gone = new ProcessBuilder("true").start();
        gone.waitFor();
        String[] mine = Holder.mine().split("/", -1);
        assertThat(Holder.isGone(String.join("/", mine[0], mine[1], Long.toString(gone.pid()), "1")))
                .isTrue();
        assertThat(Holder.isGone(String.join("/", mine[0], "elsewhere", Long.toString(gone.pid()), "1")))
                .isFalse();
    }
}
