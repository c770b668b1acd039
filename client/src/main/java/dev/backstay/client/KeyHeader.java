package dev.backstay.client;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The header in which an API wants its key.
 *
 * @param name as it is sent; in {@code Authorization} the key stands behind {@code Bearer}, in any other by itself
 */
public record KeyHeader(String name) {

    /** A name that RFC 9110 allows and that frames nothing. */
    private static final Pattern NAME =
            Pattern.compile("(?!(host|connection|content-length|transfer-encoding|te)$)[a-z0-9-]{1,64}");

    /** {@code Authorization: Bearer …}, as almost everywhere. */
    public static final KeyHeader BEARER = new KeyHeader("Authorization");

    private static final KeyHeader ANTHROPIC = new KeyHeader("x-api-key");
    private static final KeyHeader AZURE = new KeyHeader("api-key");
    private static final List<String> AZURE_HOSTS = List.of("openai.azure.com", "cognitiveservices.azure.com");

    /** @throws IllegalArgumentException if no key can stand in a header of this name */
    public KeyHeader {
        name = name.strip();
        if (!NAME.matcher(name.toLowerCase(Locale.ROOT)).matches()) {
            throw new IllegalArgumentException(
                    "upstream.api-key-header is '" + name + "': it must be the name of a header, such as x-api-key");
        }
    }

    /** What the API at this URL wants, if nobody says. */
    static KeyHeader at(URI url) {
        String host = String.valueOf(url.getHost()).toLowerCase(Locale.ROOT);
        if (isAt(host, "anthropic.com")) {
            return ANTHROPIC;
        }
        return AZURE_HOSTS.stream().anyMatch(azure -> isAt(host, azure)) ? AZURE : BEARER;
    }

    private static boolean isAt(String host, String domain) {
        return host.equals(domain) || host.endsWith("." + domain);
    }

    /** What stands in it. */
    public String value(String key) {
        return name.equalsIgnoreCase(BEARER.name) ? "Bearer " + key : key;
    }
}
