package dev.backstay.wire;

import java.util.Arrays;
import java.util.Optional;

/** The inference endpoints, and how the streams of each begin and end. */
public enum Endpoint {
    CHAT_COMPLETIONS("/chat/completions", Dialect.CHAT, "chat"),
    COMPLETIONS("/completions", Dialect.CHAT, "text_completion"),
    EMBEDDINGS("/embeddings", Dialect.CHAT, "embeddings"),
    RESPONSES("/responses", Dialect.RESPONSES, "chat"),
    MESSAGES("/messages", Dialect.MESSAGES, "chat"),
    MODELS("/models", Dialect.CHAT, "");

    /** What the events of a stream look like. */
    public enum Dialect {
        /** OpenAI's chunks: {@code choices[].finish_reason}, then {@code [DONE]}. */
        CHAT,
        /** OpenAI's Responses API: typed events that end with {@code response.completed}. */
        RESPONSES,
        /** Anthropic's messages: named events that end with {@code message_stop}. */
        MESSAGES
    }

    private static final String[] PREFIXES = {"/v1", "/inference/v1"};

    private final String path;
    private final Dialect dialect;
    private final String operation;

    Endpoint(String path, Dialect dialect, String operation) {
        this.path = path;
        this.dialect = dialect;
        this.operation = operation;
    }

    /** What it does, in the words of OpenTelemetry's conventions for generative AI; empty if it is no inference. */
    public String operation() {
        return operation;
    }

    /** The path below the API's version, with its slash. */
    public String path() {
        return path;
    }

    public Dialect dialect() {
        return dialect;
    }

    /** {@code GET} for what only reads, else {@code POST}. */
    public String method() {
        return this == MODELS ? "GET" : "POST";
    }

    /** The endpoint that a request path names, under {@code /v1} or {@code /inference/v1}; a query is ignored. */
    public static Optional<Endpoint> of(String requestPath) {
        return belowVersion(requestPath).flatMap(below -> {
            String plain = withoutQuery(below);
            return Arrays.stream(values())
                    .filter(endpoint -> endpoint.path.equals(plain))
                    .findFirst();
        });
    }

    /** What stands below the API's version, with its slash and its query; empty if the path is none of an API. */
    public static Optional<String> belowVersion(String requestPath) {
        for (String prefix : PREFIXES) {
            if (requestPath.startsWith(prefix)
                    && requestPath.length() > prefix.length() + 1
                    && requestPath.charAt(prefix.length()) == '/') {
                return Optional.of(requestPath.substring(prefix.length()));
            }
        }
        return Optional.empty();
    }

    /** A path without its query. */
    public static String withoutQuery(String path) {
        int query = path.indexOf('?');
        return query < 0 ? path : path.substring(0, query);
    }

    /**
     * The endpoint at the end of a path, under whatever base a provider has it; empty if this is no inference. A message of
     * an assistant's thread is none: asking twice writes two.
     */
    public static Optional<Endpoint> atEndOf(String method, String path) {
        for (Endpoint endpoint : values()) {
            if (path.endsWith(endpoint.path) && endpoint.method().equals(method) && !path.contains("/threads/")) {
                return Optional.of(endpoint);
            }
        }
        return Optional.empty();
    }
}
