package dev.backstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.ledger.AttemptTally;
import dev.backstay.ledger.Ledger;
import dev.backstay.testkit.RawServer;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** The gateway as a process, from a kill to a quiet stop: one that is killed, and the next one until it has drained. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ServeProcessTest {

    private static final int STREAMS = 500;
    private static final int TOKENS = 20;

    /** Streams go on after their first token when this is open. */
    private volatile CountDownLatch more = new CountDownLatch(1);

    private final RawServer api = RawServer.start((number, talk) -> {
        talk.beginStream().token("token0");
        more.await();
        for (int i = 1; i < TOKENS; i++) {
            talk.token("token" + i);
        }
        talk.done().close();
    });

    private Path secondFolder;
    private GatewayProcess first;
    private GatewayProcess second;

    @BeforeAll
    void start(@TempDir Path firstFolder, @TempDir Path secondFolder) throws Exception {
        this.secondFolder = secondFolder;
        first = GatewayProcess.start(api, firstFolder);
    }

    @AfterAll
    void stop() throws Exception {
        first.close();
        if (second != null) {
            second.close();
        }
        api.close();
    }

    @Test
    @Order(1)
    void killed_its_callers_see_a_broken_connection() throws Exception {
        List<Socket> callers = first.open(20, "token0");
        first.kill();
        for (Socket caller : callers) {
            assertThat(GatewayProcess.readAll(caller))
                    .as("never passed off as complete")
                    .doesNotContain("[DONE]")
                    .doesNotEndWith("0\r\n\r\n");
            caller.close();
        }
    }

    @Test
    @Order(2)
    void the_next_one_serves_at_once() throws Exception {
        second = GatewayProcess.start(api, secondFolder);
        more.countDown();
        try (Socket socket = second.ask()) {
            assertThat(GatewayProcess.readAll(socket)).contains("HTTP/1.1 200", "[DONE]");
        }
    }

    @Test
    @Order(3)
    void a_hang_up_takes_new_settings_in_and_says_in_plain_words_what_is_wrong_with_bad_ones() throws Exception {
        String good = Files.readString(second.settings());
        Files.writeString(second.settings(), good.replace("upstream:", "upsteam:"));
        second.signal("HUP");
        second.awaitLog("the old ones stay in force: unknown key 'upsteam'");
        second.awaitLog("did you mean 'upstream'?");

        Files.writeString(second.settings(), good + "max-attempts: 2\n");
        second.signal("HUP");
        second.awaitLog("new settings are in force");
    }

    @Test
    @Order(4)
    void told_to_stop_it_lets_500_streams_end_and_takes_no_new_call() throws Exception {
        more = new CountDownLatch(1);
        List<Socket> callers = second.open(STREAMS, "token0");
        second.signal("TERM");
        second.awaitAnswer("/health/ready", "HTTP/1.1 503");
        try (Socket late = second.ask()) {
            assertThat(GatewayProcess.readAll(late))
                    .contains("HTTP/1.1 503", "retry-after: 1", "connection: close", "draining");
        }
        more.countDown();
        int whole = 0;
        for (Socket caller : callers) {
            String stream = GatewayProcess.readAll(caller);
            whole += stream.contains("token" + (TOKENS - 1)) && stream.contains("[DONE]") ? 1 : 0;
            caller.close();
        }
        assertThat(whole).isEqualTo(STREAMS);
        assertThat(second.ends()).isTrue();
        assertThat(completed()).as("the ledger has them all").isEqualTo(1 + STREAMS);
    }

    private long completed() {
        try (Ledger ledger = Ledger.existing(GatewayProcess.ledger(secondFolder).toString())) {
            return ledger.tallies().attempts(0, Long.MAX_VALUE).stream()
                    .filter(row -> row.outcome().equals(AttemptTally.COMPLETED))
                    .mapToLong(AttemptTally::attempts)
                    .sum();
        }
    }
}
