package dev.backstay.cli;

import dev.backstay.ledger.Ledger;
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

    /** Where it is. */
    String where() {
        return Optional.ofNullable(ledger)
                .or(() -> Environment.get("BACKSTAY_LEDGER"))
                .orElseGet(Environment::ledger);
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
