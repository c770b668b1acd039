package dev.backstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.ledger.AttemptTally;
import dev.backstay.ledger.Ledger;
import dev.backstay.testkit.RawServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gateway as a process: how it stops, and what a kill leaves behind. */
class ServeProcessTest {

    private static final int STREAMS = 500;
    private static final int TOKENS = 20;
    private static final String BODY = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";

    @TempDir
    private Path folder;

    @Test
    void told_to_stop_it_lets_500_streams_end_and_takes_no_new_call() throws Exception {
        int port = freePort();
        try (RawServer api = streams()) {
            Process gateway = start(api, port);
            List<Socket> callers = open(port, STREAMS);
            gateway.destroy(); // SIGTERM
            String late = "";
            int stillServed = 0;
            for (int tries = 0; tries < 100 && !late.contains(" 503 "); tries++) {
                try (Socket socket = ask(port)) {
                    late = readAll(socket);
                    stillServed += late.contains(" 200 ") ? 1 : 0;
                }
            }
            assertThat(late).contains("HTTP/1.1 503", "retry-after: 1", "connection: close", "draining");
            int whole = 0;
            for (Socket caller : callers) {
                String stream = readAll(caller);
                whole += stream.contains("token" + (TOKENS - 1)) && stream.contains("[DONE]") ? 1 : 0;
                caller.close();
            }
            assertThat(whole).isEqualTo(STREAMS);
            assertThat(gateway.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(completed()).as("the ledger has them all").isEqualTo(STREAMS + stillServed);
        }
    }

    @Test
    void killed_its_callers_see_a_broken_connection_and_the_next_one_serves_at_once() throws Exception {
        int port = freePort();
        try (RawServer api = streams()) {
            Process gateway = start(api, port);
            List<Socket> callers = open(port, 20);
            gateway.destroyForcibly().waitFor();
            for (Socket caller : callers) {
                String stream = readAll(caller);
                assertThat(stream)
                        .as("never passed off as complete")
                        .doesNotContain("[DONE]")
                        .doesNotEndWith("0\r\n\r\n");
                caller.close();
            }
            Process again = start(api, port);
            try (Socket socket = ask(port)) {
                assertThat(readAll(socket)).contains("HTTP/1.1 200", "[DONE]");
            } finally {
                again.destroyForcibly();
            }
        }
    }

    @Test
    void a_hang_up_takes_new_settings_in_and_says_in_plain_words_what_is_wrong_with_bad_ones() throws Exception {
        int port = freePort();
        try (RawServer api = streams()) {
            Process gateway = start(api, port);
            try {
                Path settings = folder.resolve("backstay.yaml");
                String good = Files.readString(settings);
                Files.writeString(settings, good.replace("upstream:", "upsteam:"));
                hangUp(gateway);
                awaitLog("the old ones stay in force: unknown key 'upsteam'");
                awaitLog("did you mean 'upstream'?");

                Files.writeString(settings, good + "max-attempts: 2\n");
                hangUp(gateway);
                awaitLog("new settings are in force");
            } finally {
                gateway.destroyForcibly();
            }
        }
    }

    @Test
    void a_disk_that_is_full_costs_the_ledger_and_no_call() throws Exception {
        fullDisk(2_500);
        try (Connection ledger = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("ledger.db"));
                ResultSet said = ledger.createStatement().executeQuery("PRAGMA integrity_check")) {
            assertThat(said.getString(1)).isEqualTo("ok");
        }
    }

    @Test
    void a_disk_that_has_no_room_for_the_librarys_own_files_costs_the_ledger_and_no_call() throws Exception {
        fullDisk(300);
    }

    /** Files may not grow beyond this, as if there were no room for more. */
    private void fullDisk(int kibibytes) throws Exception {
        int port = freePort();
        try (RawServer api =
                RawServer.start((number, talk) -> talk.answer("400 no", "{\"error\":{\"message\":\"bad\"}}"))) {
            Process gateway = start(api, port, "sh", "-c", "ulimit -f " + 2 * kibibytes + "; exec \"$@\"", "sh");
            try {
                long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
                while (!metrics(port).contains("backstay_ledger_failing 1.0")) {
                    assertThat(System.nanoTime())
                            .as(Files.readString(folder.resolve("log")))
                            .isLessThan(until);
                    for (int i = 0; i < 200; i++) {
                        refused(port);
                    }
                }
                refused(port);
                awaitLog("the ledger cannot be written, and calls go on without it");
            } finally {
                gateway.destroyForcibly().waitFor();
            }
        }
    }

    private static void refused(int port) throws IOException {
        try (Socket socket = ask(port)) {
            assertThat(readAll(socket)).contains("HTTP/1.1 400", "bad");
        }
    }

    private static String metrics(int port) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.getOutputStream()
                    .write("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            return readAll(socket);
        }
    }

    private static void hangUp(Process gateway) throws Exception {
        new ProcessBuilder("kill", "-HUP", "" + gateway.pid()).start().waitFor();
    }

    private void awaitLog(String words) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        Path log = folder.resolve("log");
        while (!Files.readString(log).contains(words)) {
            assertThat(System.nanoTime()).as(Files.readString(log)).isLessThan(until);
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private static RawServer streams() {
        return RawServer.start((number, talk) -> {
            talk.beginStream();
            for (int i = 0; i < TOKENS; i++) {
                talk.token("token" + i).pause(150);
            }
            talk.done().close();
        });
    }

    private Process start(RawServer api, int port, String... before) throws Exception {
        Path settings = Files.writeString(
                folder.resolve("backstay.yaml"),
                "upstream: {url: \"" + api.baseUrl() + "\"}\ndrain: 30s\nlisten: 127.0.0.1:" + port + "\n");
        List<String> words = new ArrayList<>(List.of(before));
        words.addAll(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "serve",
                "--config",
                settings.toString()));
        ProcessBuilder command = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile());
        command.environment().put("BACKSTAY_LEDGER", folder.resolve("ledger.db").toString());
        Process gateway = command.start();
        for (int tries = 0; tries < 600; tries++) {
            try {
                new Socket("127.0.0.1", port).close();
                return gateway;
            } catch (IOException notYet) {
                assertThat(gateway.isAlive()).isTrue();
                TimeUnit.MILLISECONDS.sleep(50);
            }
        }
        throw new AssertionError("it does not listen: " + Files.readString(folder.resolve("log")));
    }

    private long completed() {
        try (Ledger ledger = Ledger.existing(folder.resolve("ledger.db").toString())) {
            return ledger.tallies().attempts(0, Long.MAX_VALUE).stream()
                    .filter(row -> row.outcome().equals(AttemptTally.COMPLETED))
                    .mapToLong(AttemptTally::attempts)
                    .sum();
        }
    }

    /** So many callers who have all had the first token. */
    private static List<Socket> open(int port, int count) throws IOException {
        List<Socket> callers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            callers.add(ask(port));
        }
        for (Socket caller : callers) {
            StringBuilder seen = new StringBuilder();
            while (seen.indexOf("token0") < 0) {
                int next = caller.getInputStream().read();
                assertThat(next).as("the stream begins").isNotNegative();
                seen.append((char) next);
            }
        }
        return callers;
    }

    private static Socket ask(int port) throws IOException {
        Socket socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout(30_000);
        socket.getOutputStream()
                .write(("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: "
                                + BODY.length() + "\r\n\r\n" + BODY)
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static String readAll(Socket socket) {
        StringBuilder all = new StringBuilder();
        try {
            byte[] piece = new byte[8192];
            for (int read = socket.getInputStream().read(piece);
                    read >= 0;
                    read = socket.getInputStream().read(piece)) {
                all.append(new String(piece, 0, read, StandardCharsets.ISO_8859_1));
            }
        } catch (IOException broken) {
            all.append("<broken>");
        }
        return all.toString();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
