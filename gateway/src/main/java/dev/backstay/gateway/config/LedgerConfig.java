package dev.backstay.gateway.config;

import dev.backstay.client.SettingsFile;
import dev.backstay.ledger.Keeping;
import dev.backstay.ledger.Ledger;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Where what happened is kept.
 *
 * <p>Immutable.
 *
 * @param where a file, or {@code postgresql://host/database}
 * @param keeping what is kept, and for how long
 */
public record LedgerConfig(String where, Keeping keeping) {

    /** What turns it off. */
    public static final String OFF = "off";

    /** Keeps what is usual there. */
    public static LedgerConfig in(String where) {
        return new LedgerConfig(where, Keeping.USUAL);
    }

    /**
     * @param where as it is written; nothing is kept without
     * @param beside makes the path of a file that is named in the settings
     */
    static Optional<LedgerConfig> of(
            @Nullable String where, UnaryOperator<String> beside, GatewayFile.@Nullable RecordsEntry records) {
        if (where == null || where.equals(OFF)) {
            return Optional.empty();
        }
        return Optional.of(new LedgerConfig(
                Ledger.isServer(where) ? where : beside.apply(where),
                records == null ? Keeping.USUAL : keeping(records)));
    }

    private static Keeping keeping(GatewayFile.RecordsEntry entry) {
        Keeping usual = Keeping.USUAL;
        return new Keeping(
                SettingsFile.time("records.slow", entry.slow(), usual.slow()),
                entry.sample() == null ? usual.sample() : entry.sample(),
                SettingsFile.time("records.calls-for", entry.callsFor(), usual.callsFor()),
                SettingsFile.time("records.counters-for", entry.countersFor(), usual.talliesFor()),
                entry.size() == null ? usual.bytes() : FrontLimits.bytes("records.size", entry.size()));
    }

    /** Without a password that may stand in it. */
    String shown() {
        return Ledger.isServer(where) ? where.replaceAll("//[^/@]*@", "//…@").replaceAll("\\?.*", "?…") : where;
    }

    @Override
    public String toString() {
        return shown();
    }
}
