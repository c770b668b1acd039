package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/**
 * Fails a class of tests that leaves a buffer behind. Netty watches every buffer here ({@code paranoid}), and says at the next
 * allocation which ones the garbage collector found unreleased.
 */
final class NoBufferLeaks implements BeforeAllCallback, AfterAllCallback {

    private static final int COLLECTIONS = 3;

    private final ListAppender<ILoggingEvent> said = new ListAppender<>();
    private final Logger logger = logger(ResourceLeakDetector.class.getName());

    /** A logger of Logback. While another thread starts SLF4J there is none yet, and a substitute is handed out. */
    static Logger logger(String name) {
        ILoggerFactory factory = LoggerFactory.getILoggerFactory();
        while (!(factory instanceof LoggerContext)) {
            LockSupport.parkNanos(1_000_000);
            factory = LoggerFactory.getILoggerFactory();
        }
        return ((LoggerContext) factory).getLogger(name);
    }

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
