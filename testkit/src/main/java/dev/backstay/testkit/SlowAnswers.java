package dev.backstay.testkit;

import static dev.backstay.testkit.Situations.CHAT;
import static dev.backstay.testkit.Situations.STREAM;
import static dev.backstay.testkit.Situations.WHOLE;

import dev.backstay.testkit.Situation.Ends;
import java.util.List;

/** Healthy answers that take their time (group C), as long as a person would notice, up to a minute and a half each, or a lot of memory. */
final class SlowAnswers {

    private static final String PYTHON = "x-stainless-read-timeout: 1800.0";
    private static final String NODE = "x-stainless-timeout: 600";
    private static final long LATE_MILLIS = 45_000;
    private static final long SILENT_MILLIS = 35_000;

    private SlowAnswers() {}

    static List<Situation> all() {
        return List.of(
                slow("C1a", "the page's own example: a whole answer after 45 s", CHAT, WHOLE, PYTHON, "fine", talk -> {
                    talk.pause(LATE_MILLIS).chat("fine");
                }),
                slow("C1b", "a whole answer after 75 s, for who says nothing", CHAT, WHOLE, "", "fine", talk -> {
                    talk.pause(75_000).chat("fine");
                }),
                slow("C1c", "a first word after 75 s, for who says nothing", CHAT, STREAM, "", "fine", talk -> {
                    talk.beginStream().pause(75_000).token("fine").done().close();
                }),
                slow(
                        "C2",
                        "a word every half a second for 70 s (infra#2078)",
                        CHAT,
                        STREAM,
                        "",
                        "x".repeat(140),
                        talk -> {
                            talk.beginStream();
                            for (int i = 0; i < 140; i++) {
                                talk.token("x").pause(500);
                            }
                            talk.done().close();
                        }),
                slow(
                        "C3",
                        "reasoning before the first word (aura#62)",
                        CHAT,
                        STREAM.replace("{\"model", "{\"reasoning_effort\":\"high\",\"model"),
                        "",
                        "fine",
                        talk -> talk.beginStream()
                                .pause(LATE_MILLIS)
                                .token("fine")
                                .done()
                                .close()),
                slow(
                        "C4",
                        "a reasoning item, silence, then text (tracker#577)",
                        "/responses",
                        "{\"model\":\"m\",\"stream\":true,\"input\":\"hi\"}",
                        "",
                        "fine",
                        SlowAnswers::reasons),
                slow(
                        "C6",
                        "pings while a tool's block is open",
                        "/messages",
                        "{\"model\":\"m\",\"stream\":true,\"max_tokens\":100,\"messages\":[]}",
                        "",
                        "hi",
                        SlowAnswers::pings),
                slow("K4a", "signs of life for 45 s before the first word", CHAT, STREAM, NODE, "fine", talk -> {
                    talk.beginStream();
                    for (int i = 0; i < 45; i++) {
                        talk.send(": keep-alive\n\n").pause(1_000);
                    }
                    talk.token("fine").done().close();
                }),
                slow("K4b", "silence for 45 s before the first word", CHAT, STREAM, NODE, "fine", talk -> {
                    talk.beginStream().pause(LATE_MILLIS).token("fine").done().close();
                }),
                waking(),
                new Situation(
                        "K8b",
                        "40 MB of embeddings in one JSON",
                        "/embeddings",
                        List.of(),
                        "{\"model\":\"m\",\"input\":[\"hi\"]}",
                        (number, talk) -> talk.answer("200 OK", embeddings()),
                        "",
                        Situation.Ends.WHOLE,
                        1,
                        false));
    }

    private static void reasons(RawServer.Talk talk) throws Exception {
        talk.beginStream();
        named(talk, "response.created", "\"response\":{\"id\":\"r\",\"status\":\"in_progress\"}");
        named(talk, "response.output_item.added", "\"output_index\":0,\"item\":{\"type\":\"reasoning\",\"id\":\"i\"}");
        talk.pause(SILENT_MILLIS);
        named(talk, "response.output_item.added", "\"output_index\":1,\"item\":{\"type\":\"message\",\"id\":\"j\"}");
        named(talk, "response.output_text.delta", "\"output_index\":1,\"content_index\":0,\"delta\":\"fine\"");
        named(
                talk,
                "response.completed",
                "\"response\":{\"id\":\"r\",\"status\":\"completed\",\"output\":[{\"type\":\"message\",\"content\":"
                        + "[{\"type\":\"output_text\",\"text\":\"fine\"}]}],\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}");
        talk.close();
    }

    private static void pings(RawServer.Talk talk) throws Exception {
        talk.beginStream();
        named(
                talk,
                "message_start",
                "\"message\":{\"id\":\"m\",\"role\":\"assistant\",\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}");
        named(talk, "content_block_start", "\"index\":0,\"content_block\":{\"type\":\"text\"}");
        named(talk, "content_block_delta", "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hi\"}");
        named(talk, "content_block_stop", "\"index\":0");
        named(
                talk,
                "content_block_start",
                "\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}");
        for (long passed = 0; passed < SILENT_MILLIS; passed += 5_000) {
            talk.pause(5_000);
            named(talk, "ping", "\"index\":0");
        }
        named(
                talk,
                "content_block_delta",
                "\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{}\"}");
        named(talk, "content_block_stop", "\"index\":1");
        named(talk, "message_delta", "\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":9}");
        named(talk, "message_stop", "\"ok\":true");
        talk.close();
    }

    private static void named(RawServer.Talk talk, String type, String fields) throws Exception {
        talk.send("event: " + type + "\ndata: {\"type\":\"" + type + "\"," + fields + "}\n\n");
    }

    /** Its place in the table is J2: a deployment wakes, and is not found while it boots (freebuff#543). */
    private static Situation waking() {
        RawServer.Script script = (number, talk) -> {
            if (number == 1) {
                talk.answer(
                        "503 Service Unavailable",
                        "{\"error\":{\"code\":\"DEPLOYMENT_SCALING_UP\",\"message\":\"waking\"}}",
                        "Retry-After: 1");
            } else if (number == 2) {
                talk.answer("404 Not Found", "{\"error\":{\"code\":\"NOT_FOUND\",\"message\":\"no such deployment\"}}");
            } else {
                talk.chat("fine");
            }
        };
        String body = WHOLE.replace("\"m\"", "\"accounts/demo/deployments/d\"");
        return new Situation("J2", "a deployment wakes", CHAT, List.of(), body, script, "fine", Ends.WHOLE, 3, false);
    }

    private static String embeddings() {
        String numbers = "0.0123456789,".repeat(3_200_000);
        return "{\"object\":\"list\",\"model\":\"m\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":["
                + numbers + "1]}],\"usage\":{\"prompt_tokens\":9,\"total_tokens\":9}}";
    }

    private static Situation slow(
            String id, String what, String path, String body, String header, String content, Situations.Acting acting) {
        List<String> headers = header.isEmpty() ? List.of() : List.of(header);
        return new Situation(
                id, what, path, headers, body, (number, talk) -> acting.with(talk), content, Ends.WHOLE, 1, true);
    }
}
