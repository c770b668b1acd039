package dev.backstay.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyHeaderTest {

    @ParameterizedTest
    @CsvSource({
        "https://api.fireworks.ai/inference/v1, Authorization, Bearer k",
        "https://api.openai.com/v1, Authorization, Bearer k",
        "https://API.anthropic.com/v1, x-api-key, k",
        "https://mine.openai.azure.com/openai/v1, api-key, k",
        "https://notanthropic.com/v1, Authorization, Bearer k",
    })
    void each_api_gets_its_key_where_it_looks_for_it(String url, String name, String value) {
        KeyHeader header = KeyHeader.at(URI.create(url));
        assertThat(header.name()).isEqualTo(name);
        assertThat(header.value("k")).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x key", "host", "content-length", "a\nb"})
    void no_key_stands_where_it_would_break_the_request(String name) {
        assertThatThrownBy(() -> new KeyHeader(name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("upstream.api-key-header");
    }
}
