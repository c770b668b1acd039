package dev.backstay.cli;

import dev.backstay.gateway.config.GatewayConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Who runs us, and what they have set. */
final class Environment {

    /** Where people look unless told otherwise. */
    static final String ADMIN = "127.0.0.1:8081";

    private static final String URL = "BACKSTAY_UPSTREAM_URL";

    private Environment() {}

    /** A variable that says something. */
    static Optional<String> get(String name) {
        return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isBlank());
    }

    /** Where the ledger is unless told otherwise: in the home of whoever runs us. */
    static String ledger() {
        String home = get("HOME").orElse(System.getProperty("user.home"));
        return Path.of(home, ".backstay", "ledger.db").toString();
    }

    /**
     * The settings of a gateway that is run from here.
     *
     * @param file where they stand; without one the environment's alone
     * @param upstream another API than they say
     */
    static GatewayConfig settings(@Nullable Path file, @Nullable URI upstream) throws IOException {
        Map<String, String> usual = Map.of("ledger", ledger(), "admin.listen", ADMIN);
        if (file == null) {
            return GatewayConfig.ofEnvironment(
                    name -> upstream != null && name.equals(URL) ? upstream.toString() : System.getenv(name), usual);
        }
        GatewayConfig written = GatewayConfig.read(file, System::getenv, usual);
        return upstream == null ? written : written.inFrontOf(upstream);
    }
}
