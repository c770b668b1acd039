package dev.backstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.simulator.Profile;
import dev.backstay.simulator.Script;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;

/** The commands as people meet them, wrong input first. */
@Execution(ExecutionMode.CONCURRENT)
class CommandsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path EXAMPLES = Path.of("..", "examples");
    private static final String TRACE = EXAMPLES.resolve("trace.csv").toString();

    @TempDir
    private Path folder;

    private record Ran(int code, String out, String err) {}

    @Test
    void an_unknown_flag_is_named_with_the_nearest_one() {
        Ran ran = run("replay", TRACE, "--profil", "outage");
        assertThat(ran.code).isEqualTo(2);
        assertThat(ran.err)
                .startsWith("backstay: Unknown option")
                .contains("'--profil'", "did you mean '--profile'? (see: backstay replay --help)")
                .hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "replay nowhere.csv                          | there is no file nowhere.csv",
                "replay TRACE --profile sunny                | there is no profile 'sunny'; there is: healthy, flaky",
                "replay TRACE --profile flaky --script a.yaml | give --script or --profile, not both",
                "replay TRACE --deadline soon                | --deadline is 'soon': expected a time like 500ms",
                "replay TRACE --limit 0                      | --limit is 0: it must be at least 1",
                "replay TRACE --speed -1                     | speed is -1.0: it must be above 0",
                "rehearse s13                                | there is no scenario 's13'; there is: s1, s1-60, s1c",
                "rehearse --policy hope s1                   | there is no policy 'hope'; there is: no-retries, spec-loop",
                "rehearse s12 --seeds 0                      | --seeds is 0: it must be at least 1 and at most 10000",
                "rehearse s12 --seeds 999999999              | --seeds is 999999999: it must be at least 1",
                "rehearse s12 --seed 9223372036854775807     | --seed is 9223372036854775807: with --seeds 1 there are",
                "rehearse s12 --policy backstay --out there  | --out writes a report that compares: --policy must name",
                "rehearse s12 --out TRACE                    | --out is ",
                "simulate --listen here                      | listen is 'here': it must be like 127.0.0.1:8080",
                "simulate --script nowhere.yaml              | there is no file nowhere.yaml",
                "serve --upstream ftp://x                    | upstream.url is 'ftp://x': it must be like https://api",
                "serve --config nowhere.yaml                 | there is no file nowhere.yaml",
                "serve --simulate=sunny                      | there is no profile 'sunny'",
            })
    void a_wrong_value_is_one_line_that_says_what_to_do(String line, String words) {
        Ran ran = run(line.strip().replace("TRACE", TRACE).split(" "));
        assertThat(ran.code).isEqualTo(1);
        assertThat(ran.err).startsWith("backstay: " + words).hasLineCount(1);
        assertThat(ran.out).isEmpty();
    }

    @Test
    void a_port_in_use_is_said_with_the_way_out() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            for (String command : new String[] {"simulate", "serve --simulate"}) {
                Ran ran = run((command + " --listen 127.0.0.1:" + taken.getLocalPort()).split(" "));
                assertThat(ran.code).isEqualTo(1);
                assertThat(ran.err)
                        .contains("127.0.0.1:" + taken.getLocalPort())
                        .contains("in use")
                        .contains("--listen")
                        .hasLineCount(1);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "upstream: {ulr: http://localhost}  | unknown key 'ulr' in line 1; did you mean 'url'?",
                "lissten: 8080                      | unknown key 'lissten' in line 1; did you mean 'listen'?",
                "max-attempts: 0                    | max-attempts is 0: it must be at least 1",
                "drain: long                        | drain is 'long': expected a time like",
                "upstream: {provider: acme}         | upstream.provider is 'acme': it must be fireworks or openai",
                "upstream: {api-key-env: NO_SUCH_V} | upstream.api-key-env names NO_SUCH_V, which is not set",
                "listen: [1, 2]                     | the file is not as expected (line 1)",
                "'{'                                | the file is not as expected (line",
            })
    void a_wrong_setting_is_named(String yaml, String words) throws Exception {
        Path file = Files.writeString(folder.resolve("backstay.yaml"), yaml);
        Ran ran = run("serve", "--config", file.toString());
        assertThat(ran.code).isEqualTo(1);
        assertThat(ran.err).startsWith("backstay: " + words).hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'story: [{until 60s: fail 200% with 503}]'     | story line 'until 60s: fail 200% with 503': its faults add up to 200%",
                "'story: [{until 60s: fail 2% with bananas}]'   | story line 'until 60s: fail 2% with bananas': there is no fault 'bananas'",
                "'story: [{until soon: healthy}]'               | story line 'until soon: healthy': expected 'until 90s'",
                "'story: [{until 9s: healthy},{until 3s: healthy}]' | story line 'until 3s: healthy': it must end later",
                "'story: []'                                    | a story has 1 to",
                "'storry: []'                                   | unknown key 'storry' in line 1; did you mean 'story'?",
                "'limits: {prompt: 0}'                          | limits must be positive",
            })
    void a_wrong_script_is_quoted(String yaml, String words) throws Exception {
        Path file = Files.writeString(folder.resolve("script.yaml"), yaml);
        Ran ran = run("replay", TRACE, "--script", file.toString());
        assertThat(ran.code).isEqualTo(1);
        assertThat(ran.err).startsWith("backstay: " + words).hasLineCount(1);
    }

    @Test
    void bad_rows_are_named_and_refused_or_skipped() throws Exception {
        Path file = Files.writeString(folder.resolve("trace.csv"), """
                TIMESTAMP,ContextTokens,GeneratedTokens
                2023-11-16 18:17:03.9799600,4808,10
                yesterday,1,1
                2023-11-16 18:17:04.0319600,-5,8
                2023-11-16 18:17:05.0781490,110
                2023-11-16 18:17:04.0781490,110,27
                """);
        Ran refused = run("replay", file.toString());
        assertThat(refused.code).isEqualTo(1);
        assertThat(refused.err)
                .contains("3 of 5 lines are not calls: line 3: TIMESTAMP 'yesterday' is not like")
                .contains("line 4: ContextTokens '-5' is not a whole number")
                .contains("line 5:")
                .contains("--bad-rows skip")
                .hasLineCount(1);
        Ran skipped = run("replay", file.toString(), "--bad-rows", "skip", "--json");
        assertThat(skipped.code).isZero();
        assertThat(skipped.err).contains("skipped: 3 of 5");
        assertThat(JSON.readTree(skipped.out).at("/direct/calls").asInt()).isEqualTo(2);
    }

    @Test
    void what_is_no_trace_is_said() throws Exception {
        Path file = Files.writeString(folder.resolve("other.csv"), "a,b,c\n1,2,3\n");
        assertThat(run("replay", file.toString()).err)
                .contains("a trace starts with the line TIMESTAMP,")
                .hasLineCount(1);
        Path binary = Files.write(folder.resolve("binary.csv"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertThat(run("replay", binary.toString()).err).contains("not UTF-8").hasLineCount(1);
        assertThat(run("replay", folder.toString()).err)
                .startsWith("backstay: ")
                .hasLineCount(1);
    }

    @ParameterizedTest
    @EnumSource(
            value = Profile.class,
            names = {"OUTAGE", "FLAKY", "BROWNOUT"})
    void backstay_fails_at_most_a_tenth_of_what_a_direct_client_fails(Profile profile) throws Exception {
        JsonNode both = replay(TRACE, profile, 1);
        long direct = failed(both.path("direct"));
        assertThat(direct).isPositive();
        assertThat(failed(both.path("backstay")) * 10).isLessThanOrEqualTo(direct);
    }

    @Test
    void the_same_seed_gives_the_same_numbers() throws Exception {
        assertThat(replay(TRACE, Profile.FLAKY, 5)).isEqualTo(replay(TRACE, Profile.FLAKY, 5));
        assertThat(replay(TRACE, Profile.FLAKY, 5)).isNotEqualTo(replay(TRACE, Profile.FLAKY, 6));
    }

    @Test
    void failures_add_up() throws Exception {
        for (String column : new String[] {"direct", "backstay"}) {
            JsonNode counted = replay(TRACE, Profile.RATELIMIT, 1).path(column);
            long sum = 0;
            for (JsonNode row : counted.path("failures")) {
                sum += row.path("count").asLong();
            }
            assertThat(sum).isEqualTo(failed(counted));
        }
    }

    @Test
    void the_real_hour_survives_the_outage() throws Exception {
        JsonNode both = replay("azure-code", Profile.OUTAGE, 1);
        assertThat(both.at("/backstay/calls").asInt()).isEqualTo(8_819);
        assertThat(failed(both.path("backstay")) * 10).isLessThanOrEqualTo(failed(both.path("direct")));
        assertThat(both.at("/backstay/attempts").asDouble() / 8_819).isLessThanOrEqualTo(1.05);
    }

    /** Slow enough that a busy machine does not become part of the story. */
    @Test
    void both_clocks_tell_the_same_story() throws Exception {
        String story =
                "story: [{then: 'fail 10% with 503, 3% with reset, 2% with cut, 2% with html-502, 2% with refuse'}]";
        Path script = Files.writeString(folder.resolve("script.yaml"), story);
        int calls = Boolean.getBoolean("backstay.thorough") ? 100 : 40;
        String[] world = {
            "replay", TRACE, "--script", script.toString(), "--limit", "" + calls, "--speed", "2", "--json"
        };
        JsonNode virtual = JSON.readTree(run(world).out);
        String[] onTheWall = Arrays.copyOf(world, world.length + 2);
        onTheWall[world.length] = "--clock";
        onTheWall[world.length + 1] = "wall";
        JsonNode wall = JSON.readTree(run(onTheWall).out);
        assertThat(wall.at("/backstay/calls").asInt()).isEqualTo(calls);
        assertThat(failed(wall.path("backstay"))).isLessThanOrEqualTo(failed(virtual.path("backstay")) + 2);
    }

    @Test
    void a_chart_can_be_drawn() throws Exception {
        Path chart = folder.resolve("chart.svg");
        assertThat(run("replay", TRACE, "--chart", chart.toString()).code).isZero();
        assertThat(Files.readString(chart))
                .startsWith("<svg")
                .contains("Backstay: 0 of")
                .endsWith("</svg>\n");
    }

    @Test
    void a_rehearsal_prints_rows_that_programs_can_read() throws Exception {
        Ran ran =
                run("rehearse", "s12", "--policy=backstay,oracle", "--policy", "no-retries", "--seeds", "2", "--json");
        assertThat(ran.code).as(ran.err).isZero();
        JsonNode rows = JSON.readTree(ran.out);
        assertThat(rows).hasSize(6);
        for (JsonNode row : rows) {
            assertThat(row.fieldNames())
                    .toIterable()
                    .contains(
                            "scenario",
                            "policy",
                            "seed",
                            "calls",
                            "succeeded",
                            "attempts",
                            "p99_ms",
                            "rejected_429",
                            "duplicate_tokens",
                            "recovered_after_s",
                            "oracle_succeeded");
            assertThat(row.path("calls").asInt()).isPositive();
        }
        JsonNode ours = rows.get(0);
        assertThat(ours.path("policy").asText()).isEqualTo("backstay");
        assertThat(ours.path("attempts_later").asDouble()).as("S12").isLessThan(0.05);
    }

    @Test
    void the_same_rehearsal_is_the_same_rehearsal_in_any_order() {
        Ran one = run("rehearse", "s9", "s12", "s9", "--policy", "backstay", "--seed", "5");
        Ran two = run("rehearse", "--policy", "backstay", "--seed=5", "s9,s12");
        assertThat(one.out).isEqualTo(two.out).contains("s9: 100 clients").containsOnlyOnce("s12: the key is wrong");
    }

    @Test
    void a_report_can_be_written() throws Exception {
        Path there = folder.resolve("new").resolve("report");
        Ran ran = run("rehearse", "s12", "--policy", "backstay,oracle,failsafe", "--out", there.toString());
        assertThat(ran.code).as(ran.err).isZero();
        assertThat(Files.readString(there.resolve("report.md")))
                .contains("./backstay rehearse s12 --policy backstay")
                .contains("### s12");
        assertThat(Files.readString(there.resolve("s12.txt"))).contains("attempts/call");
        assertThat(Files.readString(there.resolve("s12.svg")))
                .startsWith("<svg")
                .endsWith("</svg>\n");
    }

    @Test
    void what_there_is_to_play_is_listed() {
        assertThat(run("rehearse", "--list").out).contains("s2-d120", "callers wait 120 s", "aws-adaptive", "oracle");
    }

    @Test
    void the_examples_are_valid() throws Exception {
        assertThat(Script.read(EXAMPLES.resolve("outage.yaml")).story()).isNotNull();
        assertThat(GatewayConfig.read(EXAMPLES.resolve("backstay.yaml"), name -> null)
                        .maxAttempts())
                .isEqualTo(6);
    }

    private static JsonNode replay(String trace, Profile profile, long seed) throws Exception {
        Ran ran = run("replay", trace, "--profile", profile.label(), "--seed", Long.toString(seed), "--json");
        assertThat(ran.code).as(ran.err).isZero();
        return JSON.readTree(ran.out);
    }

    private static long failed(JsonNode column) {
        return column.path("calls").asLong() - column.path("succeeded").asLong();
    }

    private static Ran run(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command = Main.commandLine();
        command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return new Ran(command.execute(args), out.toString(), err.toString());
    }
}
