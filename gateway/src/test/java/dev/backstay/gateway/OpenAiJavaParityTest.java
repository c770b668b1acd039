package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.OpenAIServiceException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.testkit.RawServer;
import dev.backstay.testkit.Situation;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The official OpenAI client for Java gets the same objects and the same exceptions through the gateway as from the API itself. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
class OpenAiJavaParityTest {

    private static final int LARGE = 100_000;

    /** They pause for longer than a second, and differ from another row in that alone. */
    private static final Set<String> SLOW = Set.of("A2", "A3");

    private static final Duration PATIENT = Duration.ofSeconds(20);

    /** So long the gateway tries again. */
    private static final Duration HASTY = Duration.ofSeconds(1);

    static Stream<Situation> answers() {
        return Situation.all().stream()
                .filter(row -> row.path().equals("/chat/completions") && row.ends() == Situation.Ends.WHOLE)
                .filter(row -> !SLOW.contains(row.id()))
                .filter(row -> row.asked() == 1
                        && !row.silentDirectly()
                        && row.content().length() < LARGE);
    }

    @ParameterizedTest
    @MethodSource("answers")
    void answers_are_the_same_objects(Situation row) throws Exception {
        try (RawServer api = RawServer.start(row.api());
                Gateway gateway = gateway(api)) {
            String directly = got(api.baseUrl(), row, PATIENT);
            if (!directly.startsWith("threw")) { // what the client cannot read it may get readable, as unpacked bytes
                assertThat(got(gateway.url() + "/v1", row, PATIENT)).isEqualTo(directly);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504, 529})
    void refusals_are_the_same_exceptions(int status) throws Exception {
        RawServer.Script refusing = (number, talk) ->
                talk.answer(status + " no", "{\"error\":{\"message\":\"no luck\",\"type\":\"t\",\"code\":\"c\"}}");
        try (RawServer api = RawServer.start(refusing);
                Gateway gateway = gateway(api)) {
            for (boolean streamed : List.of(true, false)) {
                String body = streamed ? "{\"stream\":true}" : "{}";
                Situation row = new Situation(
                        "r", "refused", "", List.of(), body, refusing, "", Situation.Ends.ERROR, 1, false);
                assertThat(got(gateway.url() + "/v1", row, HASTY)).isEqualTo(got(api.baseUrl(), row, PATIENT));
            }
        }
    }

    private static Gateway gateway(RawServer api) throws Exception {
        return Gateway.start(GatewayConfig.defaults(URI.create(api.baseUrl()), Optional.empty())
                .listeningOn(new InetSocketAddress("127.0.0.1", 0)));
    }

    /** All that the client's user sees: the object or the chunks, or the exception with its status. */
    private static String got(String baseUrl, Situation row, Duration timeout) {
        OpenAIClient client = OpenAIOkHttpClient.builder()
                .baseUrl(baseUrl)
                .apiKey("unused")
                .maxRetries(0)
                .timeout(timeout)
                .build();
        try {
            return row.streamed()
                    ? chunks(client, params(row))
                    : client.chat().completions().create(params(row)).toString();
        } catch (OpenAIServiceException refused) {
            return "threw " + refused.getClass().getSimpleName() + " " + refused.statusCode();
        } catch (RuntimeException broken) {
            return "threw " + broken.getClass().getSimpleName();
        } finally {
            client.close();
        }
    }

    private static String chunks(OpenAIClient client, ChatCompletionCreateParams params) {
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(params)) {
            return stream.stream().map(ChatCompletionChunk::toString).toList().toString();
        }
    }

    private static ChatCompletionCreateParams params(Situation row) {
        ChatCompletionCreateParams.Builder params =
                ChatCompletionCreateParams.builder().model("m").addUserMessage("hello");
        if (row.body().contains("\"n\":2")) {
            params.n(2);
        }
        if (row.body().contains("include_usage")) {
            params.streamOptions(
                    ChatCompletionStreamOptions.builder().includeUsage(true).build());
        }
        return params.build();
    }
}
