package dev.backstay.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.backstay.client.Incoming;
import dev.backstay.client.Sender;
import dev.backstay.core.CallListener;
import dev.backstay.fireworks.Access;
import dev.backstay.fireworks.Autoscaler;
import dev.backstay.fireworks.AutoscalingChange;
import dev.backstay.fireworks.BatchJob;
import dev.backstay.fireworks.BatchRows;
import dev.backstay.fireworks.BatchRun;
import dev.backstay.fireworks.BatchSpec;
import dev.backstay.fireworks.Deployment;
import dev.backstay.fireworks.DeploymentSpec;
import dev.backstay.fireworks.FireworksClient;
import dev.backstay.fireworks.FireworksException;
import dev.backstay.fireworks.FireworksException.Reason;
import dev.backstay.fireworks.Limits;
import dev.backstay.fireworks.TuningJob;
import dev.backstay.ledger.Change;
import dev.backstay.ledger.Ledger;
import dev.backstay.platform.Platform;
import dev.backstay.platform.PlatformScript;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client against the platform's model, in virtual time. */
class ControlPlaneTest {

    private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    private final VirtualClock clock = new VirtualClock(EPOCH, List.of());
    private final List<String> said = new ArrayList<>();

    private FireworksClient client(String yaml) throws IOException {
        PlatformScript script = JSON.readValue(yaml, PlatformScript.class);
        return client(script, "fw_key");
    }

    private FireworksClient client(PlatformScript script, String key) {
        Platform platform = new Platform(script, EPOCH);
        Access access = new Access(URI.create("https://api.fireworks.ai"), key, Optional.empty());
        Ledger ledger = Ledger.open(folder.resolve("ledger.db").toString());
        return new FireworksClient(
                access, ledger, new PlatformSender(platform, clock), clock, CallListener.NONE, "me", 1);
    }

    private double seconds() {
        return clock.nanos() / 1e9;
    }

    // Deployments

    @Test
    void a_change_touches_nothing_else() throws Exception {
        FireworksClient client = client("{}");
        client.deployments().create(new DeploymentSpec("chat", "m", "", "", 1, 3));
        client.deployments()
                .autoscaling(
                        "chat",
                        new AutoscalingChange(
                                OptionalInt.empty(),
                                OptionalInt.empty(),
                                Optional.of(Duration.ofSeconds(90)),
                                Optional.empty(),
                                Optional.empty(),
                                Map.of("default", 0.6)));
        Deployment after = client.deployments().bounds("chat", 2, 4, "because");
        assertThat(after.min()).isEqualTo(2);
        assertThat(after.max()).isEqualTo(4);
        assertThat(after.scaleUpWindow()).hasValue(Duration.ofSeconds(90));
        assertThat(after.loadTargets()).containsEntry("default", 0.6);
        assertThat(after.baseModel()).isEqualTo("m");
        assertThat(client.deployments().changes("chat", 10))
                .extracting(Change::evidence)
                .contains("because", "asked for");
        Deployment scaled = client.deployments().apply(after, new Autoscaler.Proposal(true, 3, 5, 0.95, 3, "a wave"));
        assertThat(scaled.min()).isEqualTo(3);
        assertThat(scaled.loadTargets()).containsEntry("default", 0.95);
        assertThat(scaled.scaleUpWindow()).hasValue(Duration.ofSeconds(90));
    }

    @Test
    void creating_twice_is_creating_once_and_another_of_the_same_name_is_told() throws Exception {
        FireworksClient client = client("{}");
        DeploymentSpec spec = new DeploymentSpec("chat", "m", "", "", 0, 3);
        assertThat(client.deployments().create(spec).id())
                .isEqualTo(client.deployments().create(spec).id());
        assertThatThrownBy(() -> client.deployments().create(new DeploymentSpec("chat", "other", "", "", 0, 3)))
                .hasMessageContaining("baseModel is \"m\" and not \"other\"");
        assertThat(client.deployments().list()).hasSize(1);
    }

    @Test
    void ready_is_no_proof_of_serving() throws Exception {
        FireworksClient client = client("{\"replica-boot\": 300, \"ready-early\": 210}");
        client.deployments().create(new DeploymentSpec("chat", "m", "", "", 1, 1));
        clock.jump(Duration.ofSeconds(100).toNanos());
        assertThat(client.deployments().get("chat").state()).isEqualTo("READY");
        assertThat(client.deployments().get("chat").ready()).isZero();
    }

    @Test
    void a_deployment_that_served_lately_is_protected() throws Exception {
        FireworksClient client = client("{}");
        client.deployments().create(new DeploymentSpec("chat", "m", "", "", 0, 1));
        assertThat(client.deployments().delete("chat", false)).isTrue();
        assertThat(client.deployments().get("chat").state()).isEqualTo("DELETED");
    }

    @Test
    void wrong_bounds_and_ids_are_told_before_anybody_is_asked() throws Exception {
        FireworksClient client = client("{}");
        assertThatThrownBy(() -> client.deployments().bounds("chat", 3, 2, "")).hasMessageContaining("0 <= min <= max");
        assertThatThrownBy(() -> client.deployments().get("Chat")).hasMessageContaining("a-z, 0-9");
        assertThatThrownBy(() -> new AutoscalingChange(
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        Optional.of(Duration.ofHours(2)),
                        Optional.empty(),
                        Optional.empty(),
                        Map.of()))
                .hasMessageContaining("scale-up-window");
        assertThat(seconds()).isZero();
    }

    // Batches

    private Path rows(int count, String more) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append("{\"custom_id\": \"r")
                    .append(i)
                    .append("\", \"body\": {\"messages\": [{\"role\": \"user\", \"content\": \"é\"}]}}\n");
        }
        return Files.writeString(folder.resolve("in.jsonl"), text + more);
    }

    private BatchRun run(FireworksClient client, Path in) {
        return new BatchRun(
                client.batches(),
                new BatchSpec("m", JSON.createObjectNode(), ""),
                in,
                folder.resolve("out.jsonl"),
                Duration.ofDays(5));
    }

    private List<String> ids(Path file) throws IOException {
        List<String> ids = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            ids.add(JSON.readTree(line).path("custom_id").asText());
        }
        return ids;
    }

    @Test
    void answers_come_in_the_order_of_the_rows_and_errors_beside_them() throws Exception {
        FireworksClient client = client("{}");
        Path in = rows(30, "{\"custom_id\": \"x-fail\", \"body\": {\"messages\": [{}]}}\n");
        BatchRun.Finished finished = run(client, in).run(said::add, job -> {});
        assertThat(finished.answered()).isEqualTo(30);
        assertThat(finished.failed()).isEqualTo(1);
        assertThat(ids(folder.resolve("out.jsonl")))
                .isEqualTo(BatchRows.read(in).ids().subList(0, 30));
        assertThat(ids(folder.resolve("out.errors.jsonl"))).containsExactly("x-fail");
        assertThat(folder.resolve("out.jsonl.parts")).doesNotExist();
    }

    @Test
    void the_same_rows_are_submitted_once_and_other_parameters_are_another_batch() throws Exception {
        FireworksClient client = client("{}");
        Path in = rows(5, "");
        run(client, in).run(said::add, job -> {});
        run(client, in).run(said::add, job -> {});
        assertThat(client.batches().list()).hasSize(1);
        BatchSpec warmer = new BatchSpec("m", JSON.createObjectNode().put("temperature", 1.0), "");
        client.batches().submit(warmer, in, BatchRows.read(in), said::add);
        assertThat(client.batches().list()).hasSize(2);
    }

    @Test
    void the_answers_to_other_rows_are_never_taken_for_the_answers_to_these() throws Exception {
        FireworksClient client = client("{}");
        BatchSpec nightly = new BatchSpec("m", JSON.createObjectNode(), "nightly");
        Path in = rows(5, "");
        client.batches().submit(nightly, in, BatchRows.read(in), said::add);
        Path others = rows(6, "");
        assertThatThrownBy(() -> client.batches().submit(nightly, others, BatchRows.read(others), said::add))
                .isInstanceOfSatisfying(
                        FireworksException.class, no -> assertThat(no.reason()).isEqualTo(Reason.CONFLICT))
                .hasMessageContaining("another --id");
        assertThatThrownBy(() -> client.batches()
                        .submit(
                                new BatchSpec("other", JSON.createObjectNode(), "nightly"),
                                in,
                                BatchRows.read(in),
                                said::add))
                .isInstanceOf(FireworksException.class);
    }

    @Test
    void a_batch_may_be_called_error() throws Exception {
        FireworksClient client = client("{}");
        Path in = rows(5, "");
        BatchSpec spec = new BatchSpec("m", JSON.createObjectNode(), "error-triage");
        BatchRun run = new BatchRun(client.batches(), spec, in, folder.resolve("out.jsonl"), Duration.ofDays(1));
        assertThat(run.run(said::add, job -> {}).answered()).isEqualTo(5);
    }

    @Test
    void a_batch_that_expires_goes_on_with_the_rest() throws Exception {
        FireworksClient client = client("{\"batch-expiry\": 400, \"batch-per-row\": 10, \"batch-wait\": 60}");
        BatchRun.Finished finished = run(client, rows(60, "")).run(said::add, job -> {});
        assertThat(finished.jobs()).isEqualTo(3);
        assertThat(finished.answered()).isEqualTo(60);
        assertThat(ids(folder.resolve("out.jsonl"))).hasSize(60).doesNotHaveDuplicates();
    }

    @Test
    void a_signed_url_that_dies_is_asked_for_anew_and_no_key_goes_to_it() throws Exception {
        Platform platform = new Platform(PlatformScript.DEFAULT, EPOCH);
        PlatformSender sender = new PlatformSender(platform, clock);
        List<String> downloads = new ArrayList<>();
        Sender late = (ask, journey) -> {
            if (ask.url().getPath().startsWith("/signed/download")) {
                assertThat(ask.headers()).isEmpty();
                clock.jump(clock.nanos()
                        + Duration.ofSeconds(downloads.isEmpty() ? 700 : 1).toNanos());
                downloads.add(ask.url().toString());
            }
            return sender.send(ask, journey);
        };
        Access access = new Access(URI.create("https://api.fireworks.ai"), "fw_key", Optional.empty());
        Ledger ledger = Ledger.open(folder.resolve("ledger.db").toString());
        FireworksClient client = new FireworksClient(access, ledger, late, clock, CallListener.NONE, "me", 1);
        assertThat(run(client, rows(3, "")).run(said::add, job -> {}).answered())
                .isEqualTo(3);
        assertThat(downloads).hasSize(2).doesNotHaveDuplicates();
    }

    @Test
    void urls_that_always_die_are_told_with_what_may_be_the_cause() throws Exception {
        FireworksClient client = client("{\"url-life\": 0.01}");
        assertThatThrownBy(() -> run(client, rows(3, "")).run(said::add, job -> {}))
                .hasMessageContaining("5 signed URLs died")
                .hasMessageContaining("clock");
    }

    @Test
    void an_outage_while_waiting_is_waited_out() throws Exception {
        FireworksClient client =
                client("{\"outages\": [{\"from\": 30, \"to\": 1500, \"how\": \"503\"}], \"batch-per-row\": 20}");
        assertThat(run(client, rows(20, "")).run(said::add, job -> {}).answered())
                .isEqualTo(20);
        assertThat(seconds()).isGreaterThan(1_500);
    }

    @Test
    void a_suspended_account_is_told_at_once() throws Exception {
        FireworksClient client = client("{\"suspended-until\": 1000}");
        assertThatThrownBy(() -> run(client, rows(1, "")).run(said::add, job -> {}))
                .isInstanceOfSatisfying(
                        FireworksException.class, no -> assertThat(no.reason()).isEqualTo(Reason.ACCOUNT_BLOCKED))
                .hasMessageContaining("412");
        assertThat(seconds()).isLessThan(1);
    }

    @Test
    void bad_rows_are_told_with_line_and_column_and_nothing_is_uploaded() throws Exception {
        FireworksClient client = client("{}");
        Path in = rows(
                1,
                "{\"custom_id\": \"r0\", \"body\": {\"messages\": [{}]}}\n\n{\"custom_id\": 5}\nno\n"
                        + "{\"custom_id\": \"a\", \"body\": {}}\n{\"custom_id\": \"b\", \"body\": {\"model\": \"x\", \"messages\": [{}]}}\n[1]\n{} {}\n");
        assertThatThrownBy(() -> run(client, in).run(said::add, job -> {}))
                .isInstanceOf(BatchRows.BadRows.class)
                .hasMessageContaining("line 2, column 1: 'custom_id' is 'r0', as in line 1")
                .hasMessageContaining("line 3, column 1: the line is empty")
                .hasMessageContaining("line 4, column 1: 'custom_id' must be a text")
                .hasMessageContaining("line 5, column 1: not JSON")
                .hasMessageContaining("line 6, column 1: 'body' has no 'messages'")
                .hasMessageContaining("line 7, column 1: 'body' names a model")
                .hasMessageContaining("line 8, column 1: a row must be an object")
                .hasMessageContaining("line 9, column 4: not JSON: Trailing token");
        assertThat(client.batches().list()).isEmpty();
    }

    @Test
    void what_is_no_text_or_empty_is_told() throws Exception {
        Path latin = folder.resolve("latin");
        Files.write(latin, new byte[] {'{', (byte) 0xe9, '}', '\n'});
        assertThatThrownBy(() -> BatchRows.read(latin)).hasMessageContaining("not UTF-8");
        Path empty = Files.writeString(folder.resolve("empty"), "");
        assertThatThrownBy(() -> BatchRows.read(empty)).hasMessageContaining("is empty");
    }

    @Test
    void cancelling_is_deleting() throws Exception {
        FireworksClient client = client("{}");
        Path in = rows(5, "");
        BatchJob job = client.batches()
                .submit(new BatchSpec("m", JSON.createObjectNode(), "mine"), in, BatchRows.read(in), said::add);
        assertThat(job.id()).isEqualTo("mine");
        assertThat(client.batches().cancel("mine")).isTrue();
        assertThat(client.batches().cancel("mine")).isFalse();
    }

    @Test
    void a_clock_that_is_wrong_is_noticed() throws Exception {
        PlatformSender sender = new PlatformSender(new Platform(PlatformScript.DEFAULT, EPOCH), clock);
        Sender dated = (ask, journey) -> {
            Incoming answer = sender.send(ask, journey);
            byte[] bytes = new byte[1 << 20];
            int length = answer.read(bytes);
            return Incoming.of(
                    answer.status(),
                    Map.of("date", List.of("Wed, 31 Dec 2025 21:00:00 GMT")),
                    Arrays.copyOf(bytes, length));
        };
        Access access = new Access(URI.create("https://api.fireworks.ai"), "fw_key", Optional.empty());
        Ledger ledger = Ledger.open(folder.resolve("ledger.db").toString());
        FireworksClient client = new FireworksClient(access, ledger, dated, clock, CallListener.NONE, "me", 1);
        assertThat(client.clockOff()).isEmpty();
        client.limits().quotas();
        assertThat(client.clockOff().orElseThrow().toHours()).isEqualTo(3);
    }

    // Managed jobs

    @Test
    void a_managed_job_is_waited_for_cancelled_and_resumed() throws Exception {
        FireworksClient client = client("{\"tuning\": 600}");
        for (TuningJob.Kind kind : TuningJob.Kind.values()) {
            client.tuning().create(kind, "job", JSON.createObjectNode().put("dataset", "d"));
            assertThat(client.tuning().cancel(kind, "job").state().name()).isEqualTo("CANCELLED");
            assertThatThrownBy(() ->
                            client.tuning().await(kind, "job", Duration.ofSeconds(5), Duration.ofHours(1), job -> {}))
                    .hasMessageContaining("CANCELLED");
            client.tuning().resume(kind, "job");
            List<Integer> percents = new ArrayList<>();
            TuningJob done = client.tuning()
                    .await(
                            kind,
                            "job",
                            Duration.ofSeconds(60),
                            Duration.ofHours(1),
                            job -> percents.add(job.percent()));
            assertThat(done.percent()).isEqualTo(100);
            assertThat(percents).isSorted().hasSizeGreaterThan(5);
            assertThat(client.tuning().list(kind)).hasSize(1);
        }
    }

    // Limits and metrics

    @Test
    void limits_are_told_per_minute() throws Exception {
        FireworksClient client = client("{}");
        assertThat(client.limits().rates())
                .contains(new Limits.RateLimit("accounts/fireworks/models/demo", "generated", 36_000));
        assertThat(client.limits().quotas()).extracting(Limits.Quota::value).contains(500L, 6_000L);
    }

    @Test
    void metrics_are_not_read_faster_than_allowed() throws Exception {
        FireworksClient client = client("{}");
        client.deployments().create(new DeploymentSpec("chat", "m", "", "", 1, 1));
        for (int i = 0; i < 300; i++) {
            assertThat(client.metrics().load("chat").orElseThrow().requestsPerSecond())
                    .isZero();
            clock.jump(clock.nanos() + 1_000_000_000L);
        }
    }
}
