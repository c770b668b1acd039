package dev.backstay.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.testkit.RawServer;
import dev.backstay.testkit.Situation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Situations of the field, each once directly and once through the library with its defaults: never less than directly. */
@Timeout(180)
@Execution(ExecutionMode.CONCURRENT)
class NoHarmTest {

    static List<Situation> situations() {
        return Situation.all();
    }

    @ParameterizedTest
    @MethodSource("situations")
    void a_caller_gets_no_less_than_directly(Situation situation) throws Exception {
        assertThat(shortcomings(situation)).isEmpty();
    }

    @Test
    @EnabledIfSystemProperty(named = "backstay.thorough", matches = "true") // takes a minute and a half
    void nor_from_who_is_slow() throws Exception {
        assertThat(Situation.playSlow(NoHarmTest::shortcomings)).isEmpty();
    }

    private static List<String> shortcomings(Situation situation) throws Exception {
        try (RawServer api = RawServer.start(situation.api());
                Backstay backstay =
                        Backstay.builder().baseUrl(api.baseUrl()).apiKey("k").build()) {
            Situation.Got got = asked(backstay, situation);
            return situation.shortcomings(got, api);
        }
    }

    private static Situation.Got asked(Backstay backstay, Situation situation) {
        try {
            return ask(backstay, situation);
        } catch (CallFailed visible) {
            return new Situation.Got(visible.failure().status(), "", false);
        }
    }

    private static Situation.Got ask(Backstay backstay, Situation situation) {
        Ask ask = backstay.ask(situation.path(), situation.body());
        for (String header : situation.headers()) {
            ask = ask.withHeader(header.substring(0, header.indexOf(": ")), header.substring(header.indexOf(": ") + 2));
        }
        if (!situation.streamed()) {
            Reply reply = backstay.send(ask);
            return new Situation.Got(reply.status(), reply.text(), true);
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try (LiveReply live = backstay.stream(ask)) {
            byte[] piece = new byte[8192];
            for (int length = live.body().read(piece);
                    length >= 0;
                    length = live.body().read(piece)) {
                all.write(piece, 0, length);
            }
            return new Situation.Got(live.status(), all.toString(StandardCharsets.UTF_8), true);
        } catch (IOException broken) {
            return new Situation.Got(200, all.toString(StandardCharsets.UTF_8), false);
        }
    }
}
