package dev.backstay.core;

import java.util.Locale;

/**
 * What one address of a host did when a connection to it was tried.
 *
 * <p>Immutable.
 *
 * @param address as numbers, with the port: {@code 10.0.0.1:443}
 * @param answer what it did
 * @param problem what was said, if it refused; else empty
 */
public record AddressTry(String address, Answer answer, String problem) {

    /** What an address can do. */
    public enum Answer {
        /** It took the connection. */
        CONNECTED,
        /** It, or the network before it, refused. */
        REFUSED,
        /** It said nothing while it was waited for: until another address was faster, or the attempt's time ran out. */
        SILENT;

        /** The word used in metrics and reports. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
