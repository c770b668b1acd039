package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.URI;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UpstreamTest {

    private static final String KEY = "Bearer fw_a-secret";

    private final Loops loops = Loops.start(1);

    @AfterEach
    void stop() {
        loops.group().shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    @Test
    void callers_with_keys_of_their_own_share_no_limits_and_no_refusals() {
        Upstream upstream = upstream(Optional.empty());
        assertThat(upstream.credential(with(KEY))).isEqualTo(upstream.credential(with(KEY)));
        assertThat(upstream.credential(with(KEY))).isNotEqualTo(upstream.credential(with("Bearer fw_another")));
        assertThat(upstream.credential(with(KEY))).hasSize(16).doesNotContain("secret");
    }

    @Test
    void callers_who_use_our_key_share_everything() {
        assertThat(upstream(Optional.of("fw_ours")).credential(with(KEY))).isEmpty();
    }

    private Upstream upstream(Optional<String> ours) {
        return new Upstream(GatewayConfig.defaults(URI.create("http://127.0.0.1:1"), ours), Optional.empty(), loops);
    }

    private static HttpHeaders with(String key) {
        return new DefaultHttpHeaders().set("Authorization", key);
    }
}
