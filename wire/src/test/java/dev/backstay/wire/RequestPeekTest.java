package dev.backstay.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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
    @ValueSource(strings = {"", "hello", "[1]", "\"x\"", "{\"model\":", "{} {}", "{\"tools\":[", "{'model':1}"})
    void refuses_what_is_not_one_json_object(String body) {
        assertThatThrownBy(() -> peek(body))
                .isInstanceOf(RequestPeek.NotJson.class)
                .hasMessageContaining("JSON");
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
