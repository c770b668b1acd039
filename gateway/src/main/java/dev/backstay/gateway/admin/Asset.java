package dev.backstay.gateway.admin;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** One of the files that the page is made of. */
record Asset(String type, String text) {

    private static final String SCRIPT = "text/javascript; charset=utf-8";

    private static final Map<String, Asset> ALL = Map.of(
            "/", read("index.html", "text/html; charset=utf-8"),
            "/style.css", read("style.css", "text/css; charset=utf-8"),
            "/app.js", read("app.js", SCRIPT),
            "/calls.js", read("calls.js", SCRIPT),
            "/charts.js", read("charts.js", SCRIPT),
            "/dom.js", read("dom.js", SCRIPT));

    /** What is at this path. */
    static Optional<Asset> at(String path) {
        return Optional.ofNullable(ALL.get(path));
    }

    private static Asset read(String name, String type) {
        try (InputStream in = Asset.class.getResourceAsStream(name)) {
            byte[] bytes = Objects.requireNonNull(in, name).readAllBytes();
            return new Asset(type, new String(bytes, StandardCharsets.UTF_8));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
