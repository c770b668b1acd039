package dev.backstay.testkit;

/** Chats as an OpenAI-compatible API sends them, in text: the chunks of a stream, and whole ones. */
public final class Chats {

    /** The head of a stream of events in chunks of HTTP. */
    static final String SSE =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    /** A chunk with a role and nothing of the answer. */
    public static final String ROLE =
            "{\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"},\"finish_reason\":null}]}";
    /** The chunk that ends a choice. */
    public static final String FINISH =
            "{\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";

    private Chats() {}

    /** Sends this event as a chunk of HTTP. */
    public static RawServer.Talk chunk(RawServer.Talk talk, String data) throws Exception {
        String event = "data: " + data + "\n\n";
        return talk.send(Integer.toHexString(event.length()) + "\r\n" + event + "\r\n");
    }

    /** A chunk of a chat with this text. */
    public static String token(String word) {
        return "{\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + word
                + "\"},\"finish_reason\":null}]}";
    }

    /** A whole chat with this text, which ended like this. */
    public static String chat(String text, String finish) {
        return "{\"id\":\"a\",\"object\":\"chat.completion\",\"model\":\"x\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                + "\"content\":\"" + text + "\"},\"finish_reason\":\"" + finish
                + "\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3}}";
    }

    /** A good answer with this text, streamed as {@code id} if a stream is asked for. */
    public static void healthy(RawServer.Talk talk, String text, String id) throws Exception {
        if (!talk.streamed()) {
            talk.answer("200 OK", chat(text, "stop"));
            return;
        }
        chunk(talk.send(SSE), ROLE);
        for (String word : text.split("(?= )")) {
            chunk(talk, token(word).replace("\"a\"", '"' + id + '"'));
        }
        chunk(talk, FINISH);
        chunk(talk, "[DONE]").send("0\r\n\r\n");
    }
}
