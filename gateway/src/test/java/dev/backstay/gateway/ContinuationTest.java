package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.backstay.wire.Endpoint;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ContinuationTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Continuation chat = new Continuation(Endpoint.CHAT_COMPLETIONS);

    @Test
    void a_chat_goes_on_behind_the_beginning_of_the_assistants_answer() throws Exception {
        chat.broke("Once upon", 2);
        JsonNode asked = asked(
                chat,
                "{\"max_tokens\":10,\"temperature\":0.70,\"messages\":[{\"role\":\"user\",\"content\":\"tell\"}]}");
        assertThat(asked.at("/messages/1/role").asText()).isEqualTo("assistant");
        assertThat(asked.at("/messages/1/content").asText()).isEqualTo("Once upon");
        assertThat(asked.at("/max_tokens").asInt()).isEqualTo(8);
        assertThat(asked.at("/temperature").toString()).startsWith("0.7");
        chat.broke(" a time", 2);
        assertThat(asked(chat, "{\"messages\":[{\"role\":\"user\"}]}")
                        .at("/messages/1/content")
                        .asText())
                .isEqualTo("Once upon a time");
    }

    @Test
    void a_beginning_of_the_callers_own_is_made_longer() throws Exception {
        chat.broke(" upon", 1);
        JsonNode asked =
                asked(chat, "{\"messages\":[{\"role\":\"user\"},{\"role\":\"assistant\",\"content\":\"Once\"}]}");
        assertThat(asked.at("/messages")).hasSize(2);
        assertThat(asked.at("/messages/1/content").asText()).isEqualTo("Once upon");
    }

    @Test
    void a_completion_goes_on_behind_its_prompt() throws Exception {
        Continuation completion = new Continuation(Endpoint.COMPLETIONS);
        completion.broke(" upon", 1);
        assertThat(asked(completion, "{\"prompt\":\"Once\"}").at("/prompt").asText())
                .isEqualTo("Once upon");
        assertThat(completion.request(stream("{\"prompt\":[1,2,3]}")))
                .as("tokens")
                .isEmpty();
    }

    @Test
    void what_is_no_chat_cannot_be_continued() {
        assertThat(chat.request(stream("{\"messages\":[{\"role\":\"user\"}]}")))
                .as("nothing to go on from")
                .isEmpty();
        chat.broke("x", 1);
        assertThat(chat.request(stream("{\"messages\":[]}"))).isEmpty();
        assertThat(chat.request(stream("{\"messages\":[{\"role\":\"assistant\",\"content\":[{}]}]}")))
                .isEmpty();
    }

    @Test
    void a_part_that_repeats_the_beginning_was_begun_anew() {
        chat.broke("The quick brown fox jumps over the lazy dog", 9);
        assertThat(chat.beginsAnew("")).isEmpty();
        assertThat(chat.beginsAnew("The quick")).as("not yet").isEmpty();
        assertThat(chat.beginsAnew("The quick brown fox jumps")).contains(true);
        assertThat(chat.beginsAnew(" and")).contains(false);
        Continuation brief = new Continuation(Endpoint.CHAT_COMPLETIONS);
        brief.broke("Yes", 1);
        assertThat(brief.beginsAnew("Yes, of")).contains(true);
        assertThat(brief.beginsAnew(", of")).isEqualTo(Optional.of(false));
    }

    @Test
    void a_sentence_that_begins_inside_a_word_was_begun_anew() {
        chat.broke("The capital of France is Pa", 7);
        assertThat(chat.beginsAnew("Su")).as("not yet").isEmpty();
        assertThat(chat.beginsAnew("Sure! Paris is")).contains(true);
        assertThat(chat.beginsAnew("ris.")).contains(false);
        assertThat(chat.beginsAnew("RIS_2(x)")).as("no word of a sentence").contains(false);
        Continuation sentence = new Continuation(Endpoint.CHAT_COMPLETIONS);
        sentence.broke("It is large. ", 4);
        assertThat(sentence.beginsAnew("Paris is")).contains(false);
        Continuation code = new Continuation(Endpoint.CHAT_COMPLETIONS);
        code.broke("return get", 2);
        assertThat(code.beginsAnew("Name(x);")).contains(false);
    }

    @Test
    void a_role_is_said_once() {
        chat.identify(bytes("data: {\"id\":\"one\",\"choices\":[]}\n\n"));
        ByteBuf relayed = chat.relay(
                bytes(
                        "data: {\"id\":\"two\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"x\"}}]}\n\n"),
                ByteBufAllocator.DEFAULT);
        assertThat(relayed.toString(StandardCharsets.UTF_8))
                .contains("{\"content\":\"x\"}")
                .doesNotContain("role");
        relayed.release();
    }

    @Test
    void later_events_look_like_the_first_ones() {
        chat.identify(bytes("data: {\"id\":\"one\",\"choices\":[]}\n\n"));
        chat.broke("a b c", 3);
        ByteBuf relayed = chat.relay(
                bytes(": ping\n\ndata: {\"id\":\"two\",\"choices\":[{\"delta\":{\"content\":\"\u00fc\"}}]}\n\n"
                        + "data: {\"id\":\"two\",\"choices\":[],\"usage\":{\"prompt_tokens\":13,\"completion_tokens\":4,\"total_tokens\":17}}\n\n"
                        + "data: [DONE]\n\n"),
                ByteBufAllocator.DEFAULT);
        assertThat(relayed.toString(StandardCharsets.UTF_8))
                .isEqualTo("data: {\"id\":\"one\",\"choices\":[{\"delta\":{\"content\":\"\u00fc\"}}]}\n\n"
                        + "data: {\"id\":\"one\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":7,\"total_tokens\":17}}\n\n"
                        + "data: [DONE]\n\n");
        relayed.release();
    }

    private static JsonNode asked(Continuation continuation, String request) throws Exception {
        return JSON.readTree(continuation.request(stream(request)).orElseThrow());
    }

    private static ByteArrayInputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
    }
}
