package dev.backstay.simulator;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.backstay.wire.Endpoint;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The bytes that the platform sends, in its shapes. Keys are exact, values made up. */
public final class Bodies {

    /** What a simulated model says, a word a token, over and over. */
    private static final List<String> WORDS = List.of(("A backstay is the cable that runs from the top of a mast to the"
                    + " stern and keeps it from falling forward when the wind comes from behind or the sea throws"
                    + " the boat about; nobody looks at it until it is gone.")
            .split(" "));

    private Bodies() {}

    /** The text of one token. */
    static String token(int index) {
        return (index == 0 ? "" : " ") + WORDS.get(index % WORDS.size());
    }

    /** All the text of an answer of this many tokens. */
    public static String text(int tokens) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < tokens; i++) {
            text.append(token(i));
        }
        return text.toString();
    }

    /** What stays the same in all chunks and in the whole answer of one generation. */
    record Frame(String id, long created, Ask ask) {

        private boolean isChat() {
            return ask.endpoint() == Endpoint.CHAT_COMPLETIONS;
        }

        private String head(String object) {
            return "{\"id\":\"" + id + "\",\"object\":\"" + object + "\",\"created\":" + created + ",\"model\":\""
                    + quote(ask.model()) + "\",\"choices\":[";
        }

        private byte[] chunk(String choice, String usage) {
            String object = isChat() ? "chat.completion.chunk" : "text_completion";
            return bytes("data: " + head(object) + choice + "],\"usage\":" + usage + "}\n\n");
        }

        byte[] role() {
            return chunk(
                    isChat()
                            ? "{\"index\":0,\"delta\":{\"role\":\"assistant\"},\"finish_reason\":null}"
                            : "{\"index\":0,\"text\":\"\",\"finish_reason\":null}",
                    "null");
        }

        byte[] tokenChunk(int index) {
            String text = quote(token(ask.firstToken() + index));
            return chunk(
                    isChat()
                            ? "{\"index\":0,\"delta\":{\"content\":\"" + text + "\"},\"finish_reason\":null}"
                            : "{\"index\":0,\"text\":\"" + text + "\",\"finish_reason\":null}",
                    "null");
        }

        byte[] finish() {
            return chunk(
                    isChat()
                            ? "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}"
                            : "{\"index\":0,\"text\":\"\",\"finish_reason\":\"stop\"}",
                    usage());
        }

        byte[] whole() {
            if (ask.endpoint() == Endpoint.EMBEDDINGS) {
                return bytes("{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":"
                        + "[0.25,-0.5,0.125]}],\"model\":\"" + quote(ask.model()) + "\",\"usage\":{\"prompt_tokens\":"
                        + ask.promptTokens() + ",\"total_tokens\":" + ask.promptTokens() + "}}");
            }
            String text = quote(text(ask.outputTokens()));
            String choice = isChat()
                    ? "{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"" + text
                            + "\",\"reasoning_content\":null,\"tool_calls\":null},\"finish_reason\":\"stop\","
                            + "\"logprobs\":null}"
                    : "{\"index\":0,\"text\":\"" + text + "\",\"finish_reason\":\"stop\",\"logprobs\":null}";
            return bytes(head(isChat() ? "chat.completion" : "text_completion") + choice + "],\"usage\":" + usage()
                    + ",\"perf_metrics\":null}");
        }

        private String usage() {
            return "{\"prompt_tokens\":" + ask.promptTokens() + ",\"completion_tokens\":" + ask.outputTokens()
                    + ",\"total_tokens\":" + (ask.promptTokens() + ask.outputTokens())
                    + ",\"prompt_tokens_details\":{\"cached_tokens\":0}}";
        }
    }

    static final byte[] DONE = bytes("data: [DONE]\n\n");

    static final byte[] ERROR_EVENT = bytes(
            "data: {\"error\":{\"message\":\"internal server error\",\"code\":\"INTERNAL\",\"type\":\"error\"}}\n\n");

    static final byte[] MALFORMED_CHUNK = bytes("data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"choi\n\n");

    static final byte[] HTML_502 = bytes("<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>"
            + "<body><center><h1>502 Bad Gateway</h1></center><hr><center>cloudflare</center></body></html>\n");

    /** Shape A, the gateway's. */
    static byte[] error(String code, String message) {
        return bytes("{\"error\":{\"message\":\"" + quote(message) + "\",\"param\":null,\"code\":\"" + code
                + "\",\"type\":\"error\"},\"request_id\":\"simulated\"}");
    }

    /** Shape B, the limiter's: a 429 that calls itself an invalid request. */
    static final byte[] RATE_LIMITED = bytes(
            "{\"error\":{\"object\":\"error\",\"type\":\"invalid_request_error\",\"code\":\"invalid_request_error\","
                    + "\"message\":\"rate limit exceeded, please try again later\"}}");

    /** A dedicated deployment at zero replicas. */
    static final byte[] SCALING_UP =
            bytes("{\"error\":{\"object\":\"error\",\"type\":\"error\",\"code\":\"DEPLOYMENT_SCALING_UP\","
                    + "\"message\":\"Deployment is currently scaled to zero and is scaling up. Please retry your"
                    + " request in a few minutes.\"}}");

    /** The platform's words for a status. */
    static byte[] ofStatus(int status) {
        return switch (status) {
            case 401, 403 -> error("UNAUTHORIZED", "The API key you provided is invalid.");
            case 404 -> error("NOT_FOUND", "Model not found, inaccessible, and/or not deployed");
            case 412 ->
                bytes("{\"error\":\"Account simulated is suspended, possibly due to reaching the monthly"
                        + " spending limit\"}");
            case 422 ->
                bytes("{\"detail\":[{\"loc\":[\"body\",\"messages\"],\"msg\":\"field required\",\"type\":"
                        + "\"value_error\",\"input\":null,\"ctx\":{}}]}");
            case 429 -> RATE_LIMITED;
            case 503 -> error("UNAVAILABLE", "service overloaded, please try again later");
            case 504 ->
                bytes("{\"message\":\"Gateway timeout\",\"param\":null,\"code\":\"GATEWAY_TIMEOUT\","
                        + "\"type\":\"error\"}");
            default -> error(status < 500 ? "INVALID_ARGUMENT" : "INTERNAL", "simulated error " + status);
        };
    }

    /** The list of models. */
    static byte[] models(List<String> names) {
        StringBuilder list = new StringBuilder("{\"object\":\"list\",\"data\":[");
        for (int i = 0; i < names.size(); i++) {
            list.append(i == 0 ? "" : ",")
                    .append("{\"id\":\"")
                    .append(quote(names.get(i)))
                    .append("\",\"object\":\"model\",\"owned_by\":\"fireworks\",\"created\":1760000000}");
        }
        return bytes(list.append("]}").toString());
    }

    private static String quote(String text) {
        return new String(JsonStringEncoder.getInstance().quoteAsString(text));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
