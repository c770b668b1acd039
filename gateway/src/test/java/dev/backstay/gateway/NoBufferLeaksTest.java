package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** That the watch on buffers sees a leak at all; alone, because every watch sees every leak. */
@Isolated
class NoBufferLeaksTest {

    @Test
    void a_buffer_that_nobody_releases_is_found() {
        NoBufferLeaks watch = new NoBufferLeaks();
        watch.begin();
        ByteBufAllocator.DEFAULT.buffer().writeByte(1);

        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        List<String> leaks = watch.leaks();
        while (leaks.isEmpty() && System.nanoTime() < until) {
            leaks = watch.leaks();
        }
        watch.end();
        assertThat(leaks).anyMatch(leak -> leak.contains("was not called before it's garbage-collected"));
    }
}
