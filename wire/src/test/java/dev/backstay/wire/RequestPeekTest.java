package dev.backstay.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backstay.core.Size;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestPeekTest {

    @Test
    void sees_model_stream_and_tools_wherever_they_stand() throws Exception {
        RequestPeek peek = peek("{\"messages\":[{\"model\":\"no\",\"stream\":false}],\"tools\":[{\"a\":[1,{}]},2],"
                + "\"stream\":true,\"model\":\"accounts/fireworks/models/x\"}");
        assertThat(peek.model()).isEqualTo("accounts/fireworks/models/x");
        assertThat(peek.streamed()).isTrue();
        assertThat(peek.hasTools()).isTrue();
    }

    @Test
    void an_empty_list_of_tools_is_no_tools() throws Exception {
        assertThat(peek("{\"tools\":[],\"model\":\"m\"}").hasTools()).isFalse();
        assertThat(peek("{\"tools\":null,\"model\":\"m\"}").model()).isEqualTo("m");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'background':true} | true",
                "{'background':false} | false",
                "{'conversation':'conv_1'} | true",
                "{'conversation':{'id':'conv_1'}} | true",
                "{'conversation':null} | false",
                "{'mcp_servers':[{'url':'u'}]} | true",
                "{'tools':[{'type':'function','function':{'type':'mcp'}},{'type':'mcp'}]} | true",
                "{'tools':[{'type':'code_interpreter','container':{'type':'auto'}}]} | true",
                "{'tools':[{'type':'function','parameters':{'type':'mcp'}},{'type':'web_search'}]} | false",
                "{'messages':[{'background':true}],'store':true,'previous_response_id':'resp_1'} | false"
            })
    void knows_what_may_do_more_than_answer(String body, boolean mayAct) throws Exception {
        assertThat(peek(body.replace('\'', '"')).mayAct()).isEqualTo(mayAct);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "hello", "[1]", "\"x\"", "{\"model\":", "{} {}", "{\"tools\":[", "{'model':1}"})
    void refuses_what_is_not_one_json_object(String body) {
        assertThatThrownBy(() -> peek(body))
                .isInstanceOf(RequestPeek.NotJson.class)
                .hasMessageContaining("JSON");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":\"a\\u0062c/d\",\"x\":1}",
                "{\"x\":\"m\u00fc\u00df \ud83d\ude00\", \"model\" :\n  \"abc/d\" }",
                "{\"messages\":[{\"content\":\"\\\"model\\\"\"}],\"model\":\"abc/d\"}"
            })
    void knows_the_bytes_of_the_models_name(String body) throws Exception {
        RequestPeek peek = peek(body);
        assertThat(peek.model()).isEqualTo("abc/d");
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        RequestPeek.Place place = peek.modelPlace();
        String name = new String(bytes, place.from(), place.to() - place.from(), StandardCharsets.UTF_8);
        assertThat(name).isIn("\"a\\u0062c/d\"", "\"abc/d\"");
    }

    @Test
    void knows_the_place_of_a_name_far_behind() throws Exception {
        String body = "{\"messages\":[\"" + "x\u00fc".repeat(30_000) + "\"],\"model\":\"m\"}";
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        assertThat(peek(body).modelPlace()).isEqualTo(new RequestPeek.Place(bytes.length - 4, bytes.length - 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":\"m\"}",
                "{\"model\":\"m\",\"n\":1,\"logprobs\":false,\"tools\":[],\"response_format\":null}"
            })
    void a_plain_text_is_what_has_nothing_special(String body) throws Exception {
        assertThat(peek(body).plainText()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"n\":2}",
                "{\"n\":\"2\"}",
                "{\"best_of\":3}",
                "{\"logprobs\":true}",
                "{\"logprobs\":5}",
                "{\"echo\":true}",
                "{\"suffix\":\"x\"}",
                "{\"response_format\":{\"type\":\"json_object\"}}",
                "{\"tools\":[{}]}",
                "{\"functions\":[{}]}"
            })
    void no_plain_text_is_what_cannot_be_cut_in_two(String body) throws Exception {
        assertThat(peek(body).plainText()).isFalse();
    }

    @Test
    void knows_the_smallest_limit_for_the_answer() throws Exception {
        assertThat(peek("{\"max_tokens\":50,\"max_completion_tokens\":40}").outputLimit())
                .isEqualTo(40);
        assertThat(peek("{\"max_tokens\":null}").outputLimit()).isEqualTo(Size.NO_LIMIT);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"model\":1}|'model' must be a string",
                "{\"model\":\"a\",\"model\":\"b\"}|'model' must be there once",
                "{\"model\":\"\",\"model\":\"b\"}|'model' must be there once"
            })
    void says_what_is_wrong_with_a_field_that_matters(String body, String message) {
        assertThatThrownBy(() -> peek(body))
                .isInstanceOf(RequestPeek.NotJson.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":null}",
                "{\"stream\":\"yes\"}",
                "{\"stream\":1}",
                "{\"messages\":\"hi\"}",
                "{\"messages\":{}}",
                "{\"max_tokens\":\"5\"}",
                "{\"max_tokens\":-1}",
                "{\"max_tokens\":99999999999999999999999999}",
                "{\"stream_options\":7}",
                "{\"reasoning\":[1]}",
                "{\"n\":{}}"
            })
    void what_is_odd_is_for_the_server_to_judge(String body) throws Exception {
        RequestPeek odd = peek(body);
        assertThat(odd.streamed()).isFalse();
        assertThat(odd.outputLimit()).isEqualTo(Size.NO_LIMIT);
        assertThat(odd.choices()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,LETTERS\"}}",
                "{\"type\":\"input_image\",\"image_url\":\"data:image/png;base64,LETTERS\"}",
                "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"LETTERS\",\"format\":\"wav\"}}",
                "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"data\":\"LETTERS\"}}",
                "{\"type\":\"file\",\"file\":{\"file_data\":\"LETTERS\"}}"
            })
    void a_picture_is_not_counted_by_its_letters(String part) throws Exception {
        String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":["
                + part.replace("LETTERS", "A".repeat(2_800_000))
                + ",{\"type\":\"text\",\"text\":\"What is this?\"}]}]}";
        assertThat(peek(body).promptTokens()).isBetween(1_000L, 1_100L);
        assertThat(peek(body.replace("messages", "input")).promptTokens()).isBetween(1_000L, 1_100L);
    }

    @Test
    void a_long_text_is_counted_by_its_letters() throws Exception {
        String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"" + "word ".repeat(40_000) + "\"}]}";
        assertThat(peek(body).promptTokens()).isGreaterThan(49_000);
    }

    @Test
    void a_limit_may_be_written_as_a_float() throws Exception {
        assertThat(peek("{\"max_tokens\":4096.0}").outputLimit()).isEqualTo(4096);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"reasoning_effort\":\"high\"}|true",
                "{\"reasoning_effort\":\"none\"}|false",
                "{\"reasoning_effort\":null}|false",
                "{\"reasoning\":{\"effort\":\"low\",\"summary\":\"auto\"}}|true",
                "{\"reasoning\":{\"effort\":\"minimal\"}}|false",
                "{\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}}|true",
                "{\"thinking\":{\"type\":\"disabled\"}}|false",
                "{\"enable_thinking\":true}|true",
                "{\"chat_template_kwargs\":{\"enable_thinking\":true}}|true",
                "{\"chat_template_kwargs\":{\"enable_thinking\":false}}|false",
                "{\"temperature\":1}|false"
            })
    void knows_who_asks_for_reasoning(String body, boolean reasons) throws Exception {
        assertThat(peek(body).reasons()).isEqualTo(reasons);
    }

    @Test
    void knows_what_ends_a_stream() throws Exception {
        RequestPeek peek = peek("{\"n\":3,\"stream_options\":{\"x\":{},\"include_usage\":true}}");
        assertThat(peek.choices()).isEqualTo(3);
        assertThat(peek.wantsUsage()).isTrue();
        assertThat(peek("{\"stream_options\":{\"include_usage\":false}}").wantsUsage())
                .isFalse();
    }

    @Test
    void other_encodings_are_refused_because_offsets_would_lie() {
        byte[] bytes = "{\"model\":\"m\"}".getBytes(StandardCharsets.UTF_16BE);
        assertThatThrownBy(() -> RequestPeek.of(new ByteArrayInputStream(bytes), bytes.length))
                .isInstanceOf(RequestPeek.NotJson.class);
    }

    @Test
    void endpoints_are_found_under_both_prefixes() {
        assertThat(Endpoint.of("/v1/chat/completions")).contains(Endpoint.CHAT_COMPLETIONS);
        assertThat(Endpoint.of("/inference/v1/completions?beta=1")).contains(Endpoint.COMPLETIONS);
        assertThat(Endpoint.of("/v1/v1/models")).isEmpty();
        assertThat(Endpoint.of("/v1/models/x")).isEmpty();
        assertThat(Endpoint.of("/models")).isEmpty();
    }

    private static RequestPeek peek(String body) throws RequestPeek.NotJson {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return RequestPeek.of(new ByteArrayInputStream(bytes), bytes.length);
    }
}
