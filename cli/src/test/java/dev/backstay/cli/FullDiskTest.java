package dev.backstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.ledger.Ledger;
import dev.backstay.testkit.RawServer;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway whose disk is full: files may not grow beyond a limit, as if there were no room for more. */
class FullDiskTest {

    private static final int KIBI = 1024;

    @TempDir
    private Path folder;

    @Test
    void a_disk_that_is_full_costs_the_ledger_and_no_call() throws Exception {
        int limit = 2_500;
        String file = GatewayProcess.ledger(folder).toString();
        Ledger.open(file).close();
        try (Connection ledger = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            ledger.createStatement().execute("CREATE TABLE what_was_there_before (bytes BLOB)");
            ledger.createStatement()
                    .execute("INSERT INTO what_was_there_before VALUES (zeroblob("
                            + (limit * KIBI - Files.size(Path.of(file)) - 100 * KIBI) + "))");
        }
        costsTheLedgerOnly(limit);
        try (Connection ledger = DriverManager.getConnection("jdbc:sqlite:" + file);
                ResultSet said = ledger.createStatement().executeQuery("PRAGMA integrity_check")) {
            assertThat(said.getString(1)).isEqualTo("ok");
        }
    }

    @Test
    void a_disk_that_has_no_room_for_the_librarys_own_files_costs_the_ledger_and_no_call() throws Exception {
        costsTheLedgerOnly(300);
    }

    private void costsTheLedgerOnly(int kibibytes) throws Exception {
        try (RawServer api =
                        RawServer.start((number, talk) -> talk.answer("400 no", "{\"error\":{\"message\":\"bad\"}}"));
                GatewayProcess gateway = GatewayProcess.start(
                        api, folder, "sh", "-c", "ulimit -f " + 2 * kibibytes + "; exec \"$@\"", "sh")) {
            long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
            while (!gateway.get("/metrics").contains("backstay_ledger_failing 1.0")) {
                assertThat(System.nanoTime()).as(gateway.log()).isLessThan(until);
                for (int i = 0; i < 50; i++) {
                    refused(gateway);
                }
            }
            refused(gateway);
            gateway.awaitLog("the ledger cannot be written, and calls go on without it");
        }
    }

    private static void refused(GatewayProcess gateway) throws IOException {
        try (Socket socket = gateway.ask()) {
            assertThat(GatewayProcess.readAll(socket)).contains("HTTP/1.1 400", "bad");
        }
    }
}
