package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.testkit.Direct;
import dev.backstay.testkit.RawServer;
import dev.backstay.testkit.Situation;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Situations of the field, each once directly and once through a gateway with its defaults: never less than directly. */
@Timeout(180)
@ExtendWith(NoBufferLeaks.class)
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
                Gateway gateway = Gateway.start(GatewayConfig.defaults(URI.create(api.baseUrl()), Optional.empty())
                        .listeningOn(new InetSocketAddress("127.0.0.1", 0)))) {
            Situation.Got got = Direct.ask(gateway.url() + "/v1", situation);
            return situation.shortcomings(got, api);
        }
    }
}
