package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/**
 * Fails a class of tests that leaves a buffer behind. Netty watches every buffer here ({@code paranoid}), and says at the next
 * allocation which ones the garbage collector found unreleased.
 */
final class NoBufferLeaks implements BeforeAllCallback, AfterAllCallback {

    private static final int COLLECTIONS = 3;

    private final ListAppender<ILoggingEvent> said = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger(ResourceLeakDetector.class);

    @Override
    public void beforeAll(ExtensionContext context) {
        begin();
    }

    void begin() {
        assertThat(ResourceLeakDetector.getLevel()).isEqualTo(ResourceLeakDetector.Level.PARANOID);
        leaks(); // of whoever came before
        said.start();
        logger.addAppender(said);
        logger.setAdditive(false); // the assertion says it all
    }

    @Override
    public void afterAll(ExtensionContext context) {
        assertThat(end()).isEmpty();
    }

    List<String> end() {
        List<String> leaks = leaks();
        logger.detachAppender(said);
        logger.setAdditive(true);
        return leaks;
    }

    /** What was left behind so far. */
    List<String> leaks() {
        for (int i = 0; i < COLLECTIONS; i++) {
            System.gc();
            ByteBufAllocator.DEFAULT.buffer().release();
            ByteBufAllocator.DEFAULT.heapBuffer().release();
        }
        return said.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }
}
