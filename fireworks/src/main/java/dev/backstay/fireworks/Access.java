package dev.backstay.fireworks;

import java.net.URI;
import java.util.Optional;

/**
 * Which Fireworks, and with which key.
 *
 * @param base scheme and host, {@link #FIREWORKS} unless it is a proxy or a simulated one
 * @param key the API key; never printed
 * @param account the account's id; looked up by the key if empty
 */
public record Access(URI base, String key, Optional<String> account) {

    /** Where Fireworks is. */
    public static final URI FIREWORKS = URI.create("https://api.fireworks.ai");

    /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
    public Access {
        String scheme = base.getScheme();
        if (!("https".equals(scheme) || "http".equals(scheme)) || base.getHost() == null) {
            throw new IllegalArgumentException("the base URL is '" + base + "': it must be http(s)://host");
        }
        if (key.isBlank()) {
            throw new IllegalArgumentException("there is no API key: set FIREWORKS_API_KEY");
        }
        if (!key.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new IllegalArgumentException(
                    "the API key has characters that no key has (a space, a quote mark, a line end?)");
        }
        base = URI.create(base.toString().replaceAll("/+$", ""));
        account = account.map(name -> name.replaceFirst("^accounts/", ""));
        account.ifPresent(name -> Ids.check("account", name));
    }

    @Override
    public String toString() {
        return base + " (account " + account.orElse("of the key") + ")";
    }
}
