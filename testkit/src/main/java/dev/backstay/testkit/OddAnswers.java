package dev.backstay.testkit;

import static dev.backstay.testkit.Situations.STREAM;
import static dev.backstay.testkit.Situations.WHOLE;
import static dev.backstay.testkit.Situations.choice;
import static dev.backstay.testkit.Situations.whole;

import java.util.List;

/** Answers that are healthy and unusual: every SDK reads them. */
final class OddAnswers {

    private static final String BOM = "\uFEFF";

    private OddAnswers() {}

    static List<Situation> all() {
        return List.of(
                whole(
                        "U1",
                        "a server that does not know n",
                        STREAM.replace("{\"model", "{\"n\":2,\"model"),
                        "hi",
                        talk -> talk.beginStream().token("hi").done().close()),
                whole(
                        "U1b",
                        "a server that knows neither n nor [DONE]",
                        STREAM.replace("{\"model", "{\"n\":2,\"model"),
                        "hi",
                        talk -> talk.beginStream()
                                .token("hi")
                                .event(choice(0, "", "stop"))
                                .close()),
                whole(
                        "U2",
                        "a finish_reason that nobody has heard of",
                        WHOLE,
                        "fine",
                        talk -> talk.answer("200 OK", Chats.chat("fine", "because"))),
                whole(
                        "U3",
                        "usage of 2^63 tokens",
                        WHOLE,
                        "fine",
                        talk -> talk.answer(
                                "200 OK", Chats.chat("fine", "stop").replace(":9,", ":9223372036854775808,"))),
                whole(
                        "U4a",
                        "a byte order mark before JSON",
                        WHOLE,
                        "fine",
                        talk -> talk.answer("200 OK", BOM + Chats.chat("fine", "stop"))),
                whole(
                        "U4b",
                        "a byte order mark before events",
                        STREAM,
                        "fine",
                        talk -> talk.beginStream()
                                .send(BOM)
                                .token("fine")
                                .done()
                                .close()),
                whole(
                        "U5",
                        "CR LF, and no space behind the colon",
                        STREAM,
                        "fine",
                        talk -> talk.beginStream()
                                .send("event:message\r\nid:1\r\nretry:5\r\ndata:" + Chats.token("fine") + "\r\n\r\n")
                                .send(":\r\n\r\ndata:" + Chats.FINISH + "\r\n\r\ndata:[DONE]\r\n\r\n")
                                .close()),
                whole(
                        "U6",
                        "a first event without choices (Azure)",
                        STREAM,
                        "fine",
                        talk -> talk.beginStream()
                                .event(
                                        "{\"choices\":[],\"id\":\"\",\"model\":\"\",\"object\":\"\",\"prompt_filter_results\":"
                                                + "[{\"prompt_index\":0}],\"usage\":null}")
                                .token("fine")
                                .done()
                                .close()),
                whole(
                        "U7",
                        "words in capitals for the end (Gemini)",
                        STREAM,
                        "fine",
                        talk -> talk.beginStream()
                                .token("fine")
                                .event(choice(0, "", "STOP"))
                                .event("[DONE]")
                                .close()),
                whole(
                        "U8",
                        "HTTP/1.0, without a length",
                        WHOLE,
                        "fine",
                        talk -> talk.send("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"
                                        + Chats.chat("fine", "stop"))
                                .close()),
                whole(
                        "U9",
                        "a hint before the answer (RFC 8297)",
                        WHOLE,
                        "fine",
                        talk -> talk.send("HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n")
                                .answer("200 OK", Chats.chat("fine", "stop"))),
                whole(
                        "U10",
                        "events although none were asked for",
                        WHOLE,
                        "fine",
                        talk -> talk.beginStream().token("fine").done().close()),
                whole("U11", "white space while it is made, then JSON", WHOLE, "fine", talk -> {
                    talk.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n");
                    for (int i = 0; i < 5; i++) {
                        talk.send(" \n").pause(20);
                    }
                    talk.send(Chats.chat("fine", "stop")).close();
                }),
                whole("U12", "chunks with extensions, and trailers", WHOLE, "fine", talk -> {
                    String body = Chats.chat("fine", "stop");
                    talk.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + Integer.toHexString(body.length()) + ";x=\"y\"\r\n" + body + "\r\n0\r\nX-Sum: 1\r\n\r\n");
                }),
                whole(
                        "U13",
                        "a delta that is null, and a content that is null",
                        STREAM,
                        "fine",
                        talk -> talk.beginStream()
                                .event("{\"choices\":[{\"index\":0,\"delta\":null,\"finish_reason\":null}]}")
                                .event(
                                        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":null},\"finish_reason\":null}]}")
                                .token("fine")
                                .done()
                                .close()),
                whole(
                        "U14",
                        "a choice without an index",
                        STREAM,
                        "fine",
                        talk -> talk.beginStream()
                                .event("{\"choices\":[{\"delta\":{\"content\":\"fine\"}}]}")
                                .event("{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}")
                                .event("[DONE]")
                                .close()),
                whole(
                        "U15",
                        "an event in two lines of data",
                        STREAM,
                        "fine",
                        talk -> talk.beginStream()
                                .send(
                                        "data: {\"choices\":[{\"index\":0,\ndata: \"delta\":{\"content\":\"fine\"}}]}\n\n")
                                .done()
                                .close()),
                whole(
                        "U16",
                        "201 and a whole answer",
                        WHOLE,
                        "fine",
                        talk -> talk.answer("201 Created", Chats.chat("fine", "stop"))),
                whole(
                        "E4a",
                        "half of an emoji in one event, the rest in the next (llama.cpp#28926)",
                        STREAM,
                        "a\uFFFD\uFFFD\uFFFDb",
                        talk -> talk.beginStream()
                                .send(halves(0xF0, 0x9F))
                                .send(halves(0x98, 0x80))
                                .token("b")
                                .done()
                                .close()),
                whole(
                        "K8a",
                        "one event of six million letters",
                        STREAM,
                        "x".repeat(6_000_000),
                        talk -> talk.beginStream()
                                .token("x".repeat(6_000_000))
                                .done()
                                .close()));
    }

    /** An event whose text is the letter a and these bytes, or these bytes alone if it is not the first. */
    private static byte[] halves(int first, int second) {
        String before = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + (first == 0xF0 ? "a" : "");
        String after = "\"}}]}\n\n";
        byte[] event = (before + "??" + after).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        event[before.length()] = (byte) first;
        event[before.length() + 1] = (byte) second;
        return event;
    }
}
