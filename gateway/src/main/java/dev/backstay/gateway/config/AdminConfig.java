package dev.backstay.gateway.config;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The port for people: the page that shows what happens.
 *
 * <p>Immutable.
 *
 * @param listen where browsers connect; loopback unless there is a key
 * @param key the file with the key, that browsers ask for as a password
 */
public record AdminConfig(InetSocketAddress listen, Optional<Path> key) {

    /** What turns it off. */
    public static final String OFF = "off";

    /** @throws IllegalArgumentException if others could look at it without a key */
    public AdminConfig {
        if (key.isEmpty() && isReachable(listen)) {
            throw new IllegalArgumentException("admin.listen is " + listen.getHostString() + ":" + listen.getPort()
                    + ", where others can connect, and there is no key: set admin.key-file, or listen on 127.0.0.1");
        }
    }

    /** Whether others than this machine can connect: then it speaks TLS, if the gateway has a certificate. */
    public boolean isReachable() {
        return isReachable(listen);
    }

    private static boolean isReachable(InetSocketAddress where) {
        return !GatewayConfig.isLoopback(where);
    }

    /**
     * Reads the key.
     *
     * @throws IOException if it cannot be read, or the file is empty
     */
    public Optional<String> readKey() throws IOException {
        if (key.isEmpty()) {
            return Optional.empty();
        }
        String text = Files.readString(key.get()).strip();
        if (text.isEmpty()) {
            throw new IOException("admin.key-file: " + key.get() + " is empty: it must have the key of the page");
        }
        return Optional.of(text);
    }

    /** @param beside makes the path of a file that is named in the settings */
    static Optional<AdminConfig> of(GatewayFile.@Nullable AdminEntry entry, Function<String, Path> beside) {
        return entry == null || entry.listen() == null || entry.listen().equals(OFF)
                ? Optional.empty()
                : Optional.of(new AdminConfig(
                        GatewayConfig.address("admin.listen", entry.listen()),
                        Optional.ofNullable(entry.keyFile()).map(beside)));
    }
}
