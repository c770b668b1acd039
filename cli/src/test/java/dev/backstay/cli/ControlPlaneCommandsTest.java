package dev.backstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.backstay.platform.PlatformScript;
import dev.backstay.simulator.Script;
import dev.backstay.simulator.SimulatorServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The commands of the control plane as people meet them, over real HTTP; the platform's clock runs 300 times as fast. */
class ControlPlaneCommandsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static SimulatorServer server;

    @TempDir
    private Path folder;

    private Path key;

    private record Ran(int code, String out, String err) {
        JsonNode json() throws Exception {
            return JSON.readTree(out);
        }
    }

    @BeforeAll
    static void start() throws Exception {
        server = SimulatorServer.start(
                Script.HEALTHY, PlatformScript.DEFAULT, 300, new InetSocketAddress("127.0.0.1", 0), false, 1);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void key() throws Exception {
        key = Files.writeString(folder.resolve("key"), "fw_simulated\n");
    }

    private Ran run(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command = Main.commandLine();
        command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        List<String> all = new ArrayList<>(List.of(args));
        all.addAll(List.of(
                "--base-url",
                server.url(),
                "--ledger",
                folder.resolve("ledger.db").toString()));
        if (!all.contains("--api-key-file")) {
            all.addAll(List.of("--api-key-file", key.toString()));
        }
        return new Ran(command.execute(all.toArray(new String[0])), out.toString(), err.toString());
    }

    private Path rows(int count) throws Exception {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append("{\"custom_id\": \"")
                    .append(folder.getFileName())
                    .append('-')
                    .append(i)
                    .append("\", \"body\": {\"messages\": [{}]}}\n");
        }
        return Files.writeString(folder.resolve("in.jsonl"), text);
    }

    @Test
    void a_trainer_from_its_creation_to_its_end() throws Exception {
        assertThat(run("trainer", "create", "t", "--base-model", "m", "--dry-run").out)
                .contains("nothing was changed");
        assertThat(run("trainer", "get", "t").err)
                .contains("404")
                .contains("check the id and the account")
                .hasLineCount(1);
        Ran made = run("trainer", "create", "t", "--base-model", "m", "--wait", "--poll", "50ms", "--json");
        assertThat(made.code).as(made.err).isZero();
        assertThat(made.json().path("base_url").asText()).endsWith("/training/v1/rlorTrainerJobs/demo/t");
        assertThat(made.err).contains("CREATING");
        assertThat(run("trainer", "list").out).contains("t", "RUNNING");
        assertThat(run("trainer", "reconnect", "t", "--dry-run", "--json")
                        .json()
                        .path("would")
                        .asText())
                .contains("whether it serves");
        assertThat(run("trainer", "checkpoints", "t").out).contains("no checkpoints");
        assertThat(run("trainer", "watch").out).contains("nobody waits");
        assertThat(run("trainer", "saves", "t", "--json")
                        .json()
                        .path("steps_at_risk")
                        .asLong())
                .isZero();
        assertThat(run("trainer", "cancel", "t").code).isZero();
        assertThat(run("trainer", "wait", "t").err).contains("CANCELLED");
        assertThat(run("trainer", "reconnect", "t", "--poll", "50ms").code).isZero();
        assertThat(run("trainer", "delete", "t", "--dry-run").out).contains("would delete");
        assertThat(run("trainer", "delete", "t").code).isZero();
        assertThat(run("trainer", "reconnect", "t").err).contains("deleted", "new id");
        assertThat(run("trainer", "create", "t", "--base-model", "m").err).contains("new id");
    }

    @Test
    void saves_are_advised_by_youngs_formula() throws Exception {
        Ran ran = run(
                "trainer",
                "saves",
                "--save-cost",
                "60s",
                "--step-time",
                "20s",
                "--watched",
                "12h",
                "--interruptions",
                "20",
                "--json");
        assertThat(ran.json().path("advised_interval").asLong()).isEqualTo(25);
        assertThat(run("trainer", "saves").err).contains("--save-cost");
    }

    @Test
    void a_deployment_from_its_creation_to_its_end() throws Exception {
        assertThat(run("deployment", "create", "d", "--base-model", "m", "--max", "3", "--dry-run").out)
                .contains("nothing was changed");
        assertThat(run("deployment", "create", "d", "--base-model", "m", "--max", "3").code)
                .isZero();
        Ran awake = run("deployment", "wake", "d", "--first-pause", "200ms", "--json");
        assertThat(awake.json().path("probes").asInt()).isGreaterThan(1);
        assertThat(run("deployment", "update", "d", "--min", "1", "--scale-up-window", "45s").code)
                .isZero();
        assertThat(run("deployment", "scale", "d", "2").out).contains("asked for 2 replicas");
        JsonNode look = run("deployment", "autoscale", "d", "--most", "5", "--looks", "1", "--json")
                .json();
        assertThat(look.path("applied").asBoolean()).isFalse();
        assertThat(look.path("evidence").asText()).contains("replicas ready");
        assertThat(run("deployment", "changes", "d").out).contains("scaleUpWindow", "replicas -> 2");
        assertThat(run("deployment", "delete", "d").err).contains("last hour");
        assertThat(run("deployment", "delete", "d", "--ignore-checks").code).isZero();
        assertThat(run("metrics").code).isZero();
    }

    @Test
    void a_batch_from_its_rows_to_its_answers() throws Exception {
        Path in = rows(12);
        Path out = folder.resolve("out.jsonl");
        assertThat(run("batch", "check", in.toString(), "--json")
                        .json()
                        .path("rows")
                        .asInt())
                .isEqualTo(12);
        JsonNode would = run(
                        "batch", "run", in.toString(), "--model", "m", "--out", out.toString(), "--dry-run", "--json")
                .json();
        assertThat(out).doesNotExist();
        JsonNode done = run("batch", "run", in.toString(), "--model", "m", "--out", out.toString(), "--json")
                .json();
        assertThat(done.path("answered").asInt()).isEqualTo(12);
        assertThat(done.path("id")).isEqualTo(would.path("id"));
        assertThat(Files.readAllLines(out)).hasSize(12);
        String id = done.path("id").asText();
        assertThat(run("batch", "get", id).out).contains("COMPLETED");
        assertThat(run("batch", "wait", id, "--json").json().path("done").asInt())
                .isEqualTo(12);
        Path again = folder.resolve("again.jsonl");
        assertThat(run("batch", "fetch", id, "--out", again.toString(), "--in", in.toString()).code)
                .isZero();
        assertThat(Files.readString(again)).isEqualTo(Files.readString(out));
        assertThat(run("batch", "cancel", id, "--dry-run").out).contains("nothing was changed");
    }

    @Test
    void limits_can_be_read_by_people_and_programs() throws Exception {
        assertThat(run("limits").out).contains("36,000", "monthly-spend-usd");
        assertThat(run("limits", "--json").json().path("rates")).hasSize(3);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "limits --api-key-file NOKEY                        | the file NOKEY is empty",
                "limits --api-key-file BADKEY                       | HTTP 403: UNAUTHORIZED",
                "limits --account other                             | HTTP 403: the key does not belong to account other",
                "limits --account Other!                            | the id of the account is 'Other!'",
                "trainer create T_1 --base-model m                  | the id of the trainer is 'T_1': it must be",
                "trainer create t2 --base-model m --shape s --nodes 2 | trainer setting 'shape' is 's': it owns machines",
                "trainer create t2 --base-model m --inactivity-timeout 4h | at most 3 hours",
                "trainer get nope                                   | could not read trainer nope: HTTP 404",
                "trainer reconnect nope                             | HTTP 404",
                "trainer promote nope c --as x --base-model m       | HTTP 404",
                "trainer wait nope --poll soon                      | --poll is 'soon': expected a time",
                "deployment scale nope 2                            | HTTP 404",
                "deployment update nope                             | nothing to change",
                "deployment update nope --min 3 --max 2             | 0 <= min <= max",
                "deployment autoscale nope --most 0                 | --most is 0: it must be at least 1",
                "deployment autoscale nope --most 2 --every 1s      | it must be at least 10s",
                "deployment autoscale nope --most 2 --looks 1       | HTTP 404",
                "batch run nowhere.jsonl --model m --out o.jsonl    | there is no file nowhere.jsonl",
                "batch get nope                                     | HTTP 404",
                "batch fetch nope --out o.jsonl                     | HTTP 404",
                "job get sft nope                                   | HTTP 404",
                "job cancel dpo nope                                | HTTP 404",
                "job get xyz nope                                   | Invalid value",
                "trainer                                            | Missing required subcommand",
            })
    void wrong_input_gets_a_line_that_helps(String line, String said) throws Exception {
        Path empty = Files.writeString(folder.resolve("empty"), "");
        Path bad = Files.writeString(folder.resolve("bad"), "fw_bad");
        String command = line.strip().replace("NOKEY", empty.toString()).replace("BADKEY", bad.toString());
        Ran ran = run(command.split(" +"));
        assertThat(ran.code).isNotZero();
        assertThat(ran.err)
                .startsWith("backstay: ")
                .contains(said.strip().replace("NOKEY", empty.toString()))
                .hasLineCount(1);
        assertThat(ran.err + ran.out).doesNotContain("fw_simulated", "\tat ");
    }

    @Test
    void a_row_that_is_wrong_is_told_with_line_and_column() throws Exception {
        Path in = Files.writeString(
                folder.resolve("bad.jsonl"),
                "{\"custom_id\": \"a\", \"body\": {\"messages\": [{}]}}\n{\"custom_id\": }\n");
        Ran ran = run(
                "batch",
                "run",
                in.toString(),
                "--model",
                "m",
                "--out",
                folder.resolve("o").toString());
        assertThat(ran.code).isNotZero();
        assertThat(ran.err).contains("line 2, column 15: not JSON: Unexpected character ('}'");
    }

    @Test
    void an_output_that_cannot_be_written_is_told_before_a_batch_is_paid_for() throws Exception {
        Path in = rows(1);
        assertThat(run("batch", "run", in.toString(), "--model", "m", "--out", "/nowhere/o").err)
                .contains("nothing can be written there");
        assertThat(run("batch", "run", in.toString(), "--model", "m", "--out", in.toString()).err)
                .contains("--out would overwrite");
    }

    @Test
    void a_suspended_account_and_a_control_plane_that_is_away_are_told() throws Exception {
        PlatformScript suspended = JSON.readValue("{\"suspended-until\": 1e9}", PlatformScript.class);
        try (SimulatorServer other =
                SimulatorServer.start(Script.HEALTHY, suspended, 1, new InetSocketAddress("127.0.0.1", 0), false, 1)) {
            StringWriter err = new StringWriter();
            CommandLine command = Main.commandLine().setErr(new PrintWriter(err, true));
            command.execute(
                    "limits",
                    "--base-url",
                    other.url(),
                    "--api-key-file",
                    key.toString(),
                    "--ledger",
                    folder.resolve("l").toString());
            assertThat(err.toString()).contains("HTTP 412", "the account is suspended", "pay");
        }
    }
}
