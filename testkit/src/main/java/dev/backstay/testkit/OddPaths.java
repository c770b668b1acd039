package dev.backstay.testkit;

import static dev.backstay.testkit.Situations.CHAT;
import static dev.backstay.testkit.Situations.STREAM;
import static dev.backstay.testkit.Situations.WHOLE;
import static dev.backstay.testkit.Situations.error;

import dev.backstay.testkit.Situation.Ends;
import java.util.List;

/** What is asked, where, and how often it may be: refusals with and without a hint, errors inside a 200, paths that nobody reads. */
final class OddPaths {

    private static final String RESPONSES = "/responses";
    private static final String RETRY_INFO = "{\"error\":{\"code\":429,\"message\":\"quota\",\"details\":[{\"@type\":"
            + "\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"0.2s\"}]}}";

    private OddPaths() {}

    static List<Situation> all() {
        return List.of(
                // H. Hints.
                again(
                        "H1a",
                        "429 whose hint stands in the body (llxprt-code#813)",
                        CHAT,
                        WHOLE,
                        "429 Too Many",
                        RETRY_INFO),
                again("H1b", "the same in an array", CHAT, WHOLE, "429 Too Many", "[" + RETRY_INFO + "]"),
                // G, C. What may act twice.
                once("G8a", "a job in the background, and 500", RESPONSES, WHOLE.replace("{", "{\"background\":true,")),
                once(
                        "G8b",
                        "a turn of a conversation, and 500",
                        RESPONSES,
                        WHOLE.replace("{", "{\"conversation\":\"c\",")),
                once(
                        "G8c",
                        "a tool that the server runs, and 500",
                        RESPONSES,
                        WHOLE.replace("{", "{\"tools\":[{\"type\":\"mcp\",\"server_url\":\"u\"}],")),
                once("J1a", "an unknown path, and 500", "/batches", "{}"),
                // J, K. What only computes is asked again.
                again("J1b", "rerank, and 500 once", "/rerank", WHOLE, "500 Internal Server Error", "{}"),
                again("J1c", "moderations, and 500 once", "/moderations", WHOLE, "500 Internal Server Error", "{}"),
                again("J1d", "speech, and 500 once", "/audio/speech", WHOLE, "500 Internal Server Error", "{}"),
                again("J1e", "an unknown path, and turned away once", "/batches", "{}", "429 Too Many", "{}"),
                // K. Errors inside a 200.
                error(
                        "K3a",
                        "a prompt that is too long, said in a stream",
                        STREAM,
                        "",
                        1,
                        talk -> talk.beginStream()
                                .event(inner("context_length_exceeded"))
                                .close()),
                error(
                        "K3b",
                        "no credit, said in a stream",
                        STREAM,
                        "",
                        1,
                        talk -> talk.beginStream()
                                .event("{\"error\":{\"code\":402,\"message\":\"Insufficient credits\"}}")
                                .close()),
                error(
                        "K3c",
                        "an invalid prompt, in a whole answer",
                        WHOLE,
                        "",
                        1,
                        talk -> talk.answer("200 OK", inner("invalid_prompt"))));
    }

    private static String inner(String code) {
        return "{\"error\":{\"code\":\"" + code + "\",\"type\":\"invalid_request_error\",\"message\":\"no\"}}";
    }

    /** Refused once, then answered. */
    private static Situation again(String id, String what, String path, String body, String status, String refusal) {
        RawServer.Script script = (number, talk) -> {
            if (number == 1) {
                talk.answer(status, refusal);
            } else {
                talk.chat("fine");
            }
        };
        return new Situation(id, what, path, List.of(), body, script, "fine", Ends.WHOLE, 2, false);
    }

    /** Always refused. */
    private static Situation once(String id, String what, String path, String body) {
        RawServer.Script script =
                (number, talk) -> talk.answer("500 Internal Server Error", "{\"error\":{\"message\":\"no luck\"}}");
        return new Situation(id, what, path, List.of(), body, script, "", Ends.ERROR, 1, false);
    }
}
