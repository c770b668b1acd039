package dev.backstay.testkit;

import dev.backstay.testkit.Situation.Ends;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** The rows of {@link Situation}. */
final class Situations {

    static final String CHAT = "/chat/completions";
    static final String STREAM = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";
    static final String WHOLE = "{\"model\":\"m\",\"messages\":[]}";
    static final String USAGE = "{\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}";

    private Situations() {}

    static List<Situation> all() {
        return Stream.of(answers(), OddAnswers.all(), BadAnswers.all(), OddPaths.all())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Situation> answers() {
        return List.of(
                // A. "Finished so far" is not "over".
                whole("A1", "a finish_reason in every chunk (litellm#2195)", STREAM, "abcdefghijkl", talk -> {
                    talk.beginStream();
                    for (char word = 'a'; word <= 'l'; word++) {
                        talk.event(choice(0, "\"content\":\"" + word + "\"", "stop"))
                                .pause(word == 'e' ? 1_300 : 60);
                    }
                    talk.event("[DONE]").close();
                }),
                whole(
                        "A2",
                        "n: 2, and the second choice begins late (openai-python#434)",
                        STREAM.replace("{\"model", "{\"n\":2,\"model"),
                        "onetwo",
                        talk -> {
                            talk.beginStream().event(choice(0, "\"content\":\"one\"", null));
                            talk.event(choice(0, "", "stop")).pause(1_600);
                            talk.event(choice(1, "\"content\":\"two\"", null)).event(choice(1, "", "stop"));
                            talk.event("[DONE]").close();
                        }),
                whole(
                        "A3",
                        "usage that was asked for comes late (req_llm#781)",
                        STREAM.replace("{\"model", "{\"stream_options\":{\"include_usage\":true},\"model"),
                        "hi",
                        talk -> {
                            talk.beginStream()
                                    .token("hi")
                                    .event(choice(0, "", "stop"))
                                    .pause(1_600);
                            talk.event(USAGE).event("[DONE]").close();
                        }),
                silent(
                        "A4",
                        "every token, a finish_reason, and silence",
                        STREAM,
                        "hi",
                        talk -> talk.beginStream()
                                .token("hi")
                                .event(choice(0, "", "stop"))
                                .silence()),
                // D, E. Is it an error?
                error(
                        "D1",
                        "[DONE] without any finish_reason (opencode#26170)",
                        STREAM,
                        "hi",
                        1,
                        talk -> talk.beginStream()
                                .token("hi")
                                .pause(50)
                                .event("[DONE]")
                                .close()),
                error("D2", "an event named error, then [DONE]", STREAM, "hi", 1, talk -> {
                    talk.beginStream().token("hi").pause(50);
                    talk.send("event: error\ndata: {\"code\":\"x\",\"details\":\"lost\"}\n\n")
                            .event("[DONE]")
                            .close();
                }),
                twice("D3a", "200 {}", WHOLE, "", talk -> talk.answer("200 OK", "{}")),
                twice("D3b", "200 without a choice", WHOLE, "", talk -> talk.answer("200 OK", "{\"choices\":[]}")),
                twice(
                        "D3c",
                        "an empty text, and no token used (litellm#38199)",
                        WHOLE,
                        "",
                        talk -> talk.answer(
                                "200 OK",
                                Chats.chat("", "stop").replace("\"completion_tokens\":3", "\"completion_tokens\":0"))),
                twice(
                        "D4",
                        "arguments that are the beginning of a JSON (langchain#39275)",
                        WHOLE,
                        "{\\\"city\\\": \\\"Par",
                        talk -> talk.answer("200 OK", tool("{\\\"city\\\": \\\"Par", "tool_calls"))),
                whole(
                        "D4a",
                        "a tool without arguments",
                        WHOLE,
                        "",
                        talk -> talk.answer("200 OK", tool("", "tool_calls"))),
                whole(
                        "D4b",
                        "arguments cut by the caller's own limit",
                        WHOLE,
                        "{\\\"a",
                        talk -> talk.answer("200 OK", tool("{\\\"a", "length"))),
                whole(
                        "D4c",
                        "two choices, and the caller's limit cuts the arguments of the first",
                        WHOLE.replace("{", "{\"n\":2,"),
                        "{\\\"afine",
                        talk -> talk.answer(
                                "200 OK",
                                tool("{\\\"a", "length")
                                        .replace(
                                                "}],\"usage",
                                                "},{\"index\":1,\"message\":{\"role\":\"assistant\","
                                                        + "\"content\":\"fine\"},\"finish_reason\":\"stop\"}],\"usage"))),
                whole(
                        "E1a",
                        "a good answer with an empty error object (litellm#18407)",
                        WHOLE,
                        "fine",
                        talk -> talk.answer(
                                "200 OK",
                                Chats.chat("fine", "stop")
                                        .replaceFirst(
                                                "\\{", "{\"error\":{\"message\":\"\",\"type\":\"\",\"code\":null},"))),
                whole(
                        "E1b",
                        "a good answer with an empty error",
                        WHOLE,
                        "fine",
                        talk -> talk.answer(
                                "200 OK", Chats.chat("fine", "stop").replaceFirst("\\{", "{\"error\":\"\","))),
                whole(
                        "E1c",
                        "a good answer with an error without fields",
                        WHOLE,
                        "fine",
                        talk -> talk.answer(
                                "200 OK", Chats.chat("fine", "stop").replaceFirst("\\{", "{\"error\":{},"))),
                whole(
                        "E2a",
                        "gzip that was not asked for, whole (agent-vision-toolkit#36)",
                        WHOLE,
                        "fine",
                        talk -> packed(talk, "application/json", Chats.chat("fine", "stop"))),
                whole(
                        "E2b",
                        "gzip that was not asked for, a stream",
                        STREAM,
                        "fine",
                        talk -> packed(
                                talk,
                                "text/event-stream",
                                "data: " + Chats.token("fine") + "\n\ndata: " + Chats.FINISH + "\n\ndata: [DONE]\n\n")),
                whole(
                        "E2c",
                        "gzip in two members, as RFC 1952 allows",
                        WHOLE,
                        "fine",
                        talk -> packed(
                                talk,
                                "application/json",
                                Chats.chat("fine", "stop").substring(0, 40),
                                Chats.chat("fine", "stop").substring(40))),
                whole(
                        "E3a",
                        "events as plain text (agentgateway#1490)",
                        STREAM,
                        "fine",
                        talk -> events(talk, "text/plain")),
                whole("E3b", "events as JSON", STREAM, "fine", talk -> events(talk, "application/json")),
                whole("E3c", "events without a type", STREAM, "fine", talk -> events(talk, "")),
                whole(
                        "E3d",
                        "empty lines as signs of life (DeepSeek), then no stream, although one was asked for",
                        STREAM,
                        "fine",
                        talk -> talk.answer("200 OK", "\n\n" + Chats.chat("fine", "stop"))),
                whole("E5", "an empty data line as a sign of life", STREAM, "fine", talk -> {
                    talk.beginStream()
                            .send("data:\n\n")
                            .token("fine")
                            .send("data: \n\n")
                            .done()
                            .close();
                }),
                whole("E6", "an event that cannot be read and is not missed", STREAM, "fine", talk -> {
                    talk.beginStream().token("fine").event("{\"choices\":[{\"del");
                    talk.event(choice(0, "", "stop"))
                            .event(USAGE.replace(":2", ":1"))
                            .event("[DONE]")
                            .close();
                }),
                // F. Requests are the server's to judge.
                whole(
                        "F1a",
                        "max_tokens: -1, as LM Studio's example has it",
                        WHOLE.replace("{", "{\"max_tokens\":-1,"),
                        "fine",
                        talk -> talk.chat("fine")),
                whole(
                        "F1b",
                        "max_tokens as a float",
                        WHOLE.replace("{", "{\"max_tokens\":4096.0,"),
                        "fine",
                        talk -> talk.chat("fine")),
                whole(
                        "F1c",
                        "stream as a word",
                        WHOLE.replace("{", "{\"stream\":\"no\","),
                        "fine",
                        talk -> talk.chat("fine")));
    }

    /** What an API does with each request. */
    interface Acting {
        void with(RawServer.Talk talk) throws Exception;
    }

    static Situation row(
            String id, String what, String body, String content, Ends ends, int asked, boolean silent, Acting acting) {
        return new Situation(
                id, what, CHAT, List.of(), body, (number, talk) -> acting.with(talk), content, ends, asked, silent);
    }

    static Situation whole(String id, String what, String body, String content, Acting acting) {
        return row(id, what, body, content, Ends.WHOLE, 1, false, acting);
    }

    static Situation twice(String id, String what, String body, String content, Acting acting) {
        return row(id, what, body, content, Ends.WHOLE, 2, false, acting);
    }

    static Situation silent(String id, String what, String body, String content, Acting acting) {
        return row(id, what, body, content, Ends.WHOLE, 1, true, acting);
    }

    static Situation error(String id, String what, String body, String content, int asked, Acting acting) {
        return row(id, what, body, content, Ends.ERROR, asked, false, acting);
    }

    static String choice(int index, String delta, @Nullable String finish) {
        return "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":" + index + ",\"delta\":{"
                + delta + "},\"finish_reason\":" + (finish == null ? "null" : "\"" + finish + "\"") + "}]}";
    }

    static String tool(String arguments, String finish) {
        return "{\"id\":\"a\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"t\","
                + "\"type\":\"function\",\"function\":{\"name\":\"weather\",\"arguments\":\"" + arguments
                + "\"}}]},\"finish_reason\":\"" + finish
                + "\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3}}";
    }

    /** Each part is a member of its own. */
    private static void packed(RawServer.Talk talk, String type, String... parts) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String part : parts) {
            try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write(part.getBytes(StandardCharsets.UTF_8));
            }
        }
        talk.send("HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nContent-Encoding: gzip\r\nContent-Length: "
                        + out.size() + "\r\n\r\n")
                .send(out.toByteArray());
    }

    private static void events(RawServer.Talk talk, String type) throws IOException {
        talk.send("HTTP/1.1 200 OK\r\nConnection: close\r\n" + (type.isEmpty() ? "" : "Content-Type: " + type + "\r\n")
                + "\r\n");
        talk.token("fine").done().close();
    }
}
