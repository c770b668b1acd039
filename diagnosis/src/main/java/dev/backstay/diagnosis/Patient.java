package dev.backstay.diagnosis;

import dev.backstay.client.Settings;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Who is examined: one API, as a gateway or a client would ask it.
 *
 * <p>Immutable.
 *
 * @param name what it is called in reports
 * @param settings where it is, who pays, which clocks
 * @param model what a completion is asked of; empty if none is to be asked
 * @param proxy on the way to it, {@code http://user:password@host:port}
 * @param ca the certificate authority to trust instead of the system's, as PEM
 */
public record Patient(String name, Settings settings, Optional<String> model, Optional<URI> proxy, Optional<Path> ca) {

    private static final int HTTPS = 443;
    private static final int HTTP = 80;
    private static final int PROXY = 3128;

    /** Whether its model runs on a deployment of one's own. */
    boolean isDedicated() {
        return model.orElse("").contains("/deployments/");
    }

    String host() {
        return settings.url().getHost().replace("[", "").replace("]", "");
    }

    int port() {
        return settings.url().getPort() > 0 ? settings.url().getPort() : isSecure() ? HTTPS : HTTP;
    }

    boolean isSecure() {
        return "https".equals(settings.url().getScheme());
    }

    /** Whom we connect to: the API, or the proxy on the way to it. */
    String firstHost() {
        return proxy.map(each -> each.getHost().replace("[", "").replace("]", ""))
                .orElseGet(this::host);
    }

    int firstPort() {
        return proxy.map(each -> each.getPort() > 0 ? each.getPort() : PROXY).orElseGet(this::port);
    }

    /** Neither the key nor the proxy's password is shown. */
    @Override
    public String toString() {
        return name + " at " + settings.url();
    }
}
