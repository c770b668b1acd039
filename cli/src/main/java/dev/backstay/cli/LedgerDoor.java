package dev.backstay.cli;

import dev.backstay.ledger.Ledger;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** What commands need that read or write the ledger: where it is. */
final class LedgerDoor {

    @Option(
            names = "--ledger",
            paramLabel = "WHERE",
            scope = ScopeType.INHERIT,
            description = "A file, or postgresql://host/database. Default: BACKSTAY_LEDGER, else ~/.backstay/ledger.db")
    private @Nullable String ledger;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = "A gateway's backstay.yaml, which says where its ledger is.")
    private @Nullable Path settings;

    /** Where it is. */
    String where() {
        if (ledger == null && settings != null) {
            return inSettings(settings);
        }
        return Optional.ofNullable(ledger)
                .or(() -> Environment.get("BACKSTAY_LEDGER"))
                .orElseGet(Environment::ledger);
    }

    private static String inSettings(Path file) {
        try {
            return Environment.settings(file, null)
                    .ledger()
                    .orElseThrow(() -> new IllegalArgumentException(file + " says that nothing is kept (ledger: off)"))
                    .where();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** Opens it, or makes it. */
    Ledger open() {
        return Ledger.open(where());
    }

    /** Opens the one that is there. */
    Ledger existing() {
        return Ledger.existing(where());
    }
}
