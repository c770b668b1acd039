package dev.backstay.testkit;

import static dev.backstay.testkit.Chats.FINISH;
import static dev.backstay.testkit.Chats.ROLE;
import static dev.backstay.testkit.Chats.SSE;
import static dev.backstay.testkit.Chats.chat;
import static dev.backstay.testkit.Chats.chunk;
import static dev.backstay.testkit.Chats.token;
import static dev.backstay.testkit.FaultCase.Gets.ANSWER;
import static dev.backstay.testkit.FaultCase.Gets.BREAK;
import static dev.backstay.testkit.FaultCase.Gets.FILTERED;
import static dev.backstay.testkit.FaultCase.Gets.REFUSAL;
import static dev.backstay.testkit.FaultCase.Gets.REST;
import static dev.backstay.testkit.FaultCase.Gets.WITHOUT_EVENT;
import static dev.backstay.testkit.FaultCase.Gets.WITH_DONE;
import static dev.backstay.testkit.FaultCase.Kind.JSON;
import static dev.backstay.testkit.FaultCase.Kind.LIVE;
import static dev.backstay.testkit.FaultCase.Kind.RESUME;
import static dev.backstay.testkit.FaultCase.Kind.WHOLE;

import java.util.List;
import java.util.Optional;

/**
 * What APIs do to callers, and what callers of Backstay get instead: a table that gateway and library are both tested with, over real
 * sockets. The clocks are half a second each.
 */
public final class FaultCases {

    private static final List<String> ONCE = List.of("A");
    private static final List<String> THEN_B = List.of("A", "B");
    private static final int QUICK = 400;
    private static final int CLOCK = 900;

    private FaultCases() {}

    /** The table. */
    public static List<FaultCase> all() {
        return List.of(
                // It cannot even be reached: somebody else is asked.
                away("its name does not exist", Place::unknownName, QUICK),
                away("its name server says nothing", Place::silentNameServer, CLOCK),
                away("refuses connections", Place::refused, QUICK),
                away("neither accepts nor refuses connections", Place::blackHole, CLOCK),
                away("accepts connections, and TLS hangs", Place::silentTls, CLOCK),
                away("a certificate that nobody vouches for", Place::wrongCertificate, QUICK),
                // Before anything of an answer is here: the same.
                row(
                        "closes the connection at once",
                        JSON,
                        talk -> {
                            throw new Closing();
                        },
                        ANSWER,
                        QUICK,
                        THEN_B),
                row("says nothing, for ever", LIVE, FaultCases::silence, ANSWER, CLOCK, THEN_B),
                row("says nothing, for ever", JSON, FaultCases::silence, ANSWER, CLOCK, THEN_B),
                row("sends a head, then nothing", LIVE, talk -> silence(talk.send(SSE)), ANSWER, CLOCK, THEN_B),
                row(
                        "sends comments, and nothing else",
                        LIVE,
                        talk -> forEver(talk.send(SSE), ": ping\n\n"),
                        ANSWER,
                        CLOCK,
                        THEN_B),
                row(
                        "sends 100 Continue, again and again",
                        LIVE,
                        talk -> forEver(talk, "HTTP/1.1 100 Continue\r\n\r\n"),
                        ANSWER,
                        CLOCK,
                        THEN_B),
                row(
                        "sends a role, then nothing",
                        LIVE,
                        talk -> silence(chunk(talk.send(SSE), ROLE)),
                        ANSWER,
                        CLOCK,
                        THEN_B),
                elsewhere(
                        "429, come back in 30 s",
                        JSON,
                        talk -> talk.answer("429 Too Many Requests", error("slow down"), "Retry-After: 30"),
                        ANSWER,
                        QUICK,
                        THEN_B),
                row(
                        "500",
                        JSON,
                        talk -> talk.answer("500 Internal Server Error", error("oops")),
                        ANSWER,
                        QUICK,
                        THEN_B),
                row(
                        "502, a page of a proxy",
                        JSON,
                        talk -> talk.send(
                                "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 17\r\n\r\n<html>bad</html>\n"),
                        ANSWER,
                        QUICK,
                        THEN_B),
                row(
                        "503, overloaded",
                        LIVE,
                        talk -> talk.answer("503 Service Unavailable", error("overloaded")),
                        ANSWER,
                        QUICK,
                        THEN_B),
                row(
                        "503, and its body never comes",
                        JSON,
                        talk -> silence(
                                talk.send("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
                                        + "Retry-After: 1\r\nContent-Length: 90\r\n\r\n")),
                        ANSWER,
                        2_400,
                        THEN_B),
                row("504", JSON, talk -> talk.answer("504 Gateway Timeout", error("late")), ANSWER, QUICK, THEN_B),
                elsewhere(
                        "401, our key is wrong there",
                        JSON,
                        talk -> talk.answer("401 Unauthorized", error("who are you")),
                        ANSWER,
                        QUICK,
                        THEN_B),
                elsewhere(
                        "404, no such model there",
                        JSON,
                        talk -> talk.answer("404 Not Found", error("no such model")),
                        ANSWER,
                        QUICK,
                        THEN_B),
                row(
                        "400, the request is wrong",
                        JSON,
                        talk -> talk.answer("400 Bad Request", error("temperature must be a number")),
                        REFUSAL,
                        QUICK,
                        ONCE),
                elsewhere(
                        "400, the prompt is too long",
                        JSON,
                        talk -> talk.answer(
                                "400 Bad Request",
                                "{\"error\":{\"message\":\"too long\",\"code\":\"context_length_exceeded\"}}"),
                        ANSWER,
                        QUICK,
                        List.of("A", "L")),
                row(
                        "an answer with finish_reason content_filter",
                        JSON,
                        talk -> talk.answer("200 OK", chat("", "content_filter")),
                        FILTERED,
                        QUICK,
                        ONCE),
                row("what is not HTTP", JSON, talk -> talk.send("SSH-2.0-OpenSSH_9.2\r\n\r\n"), ANSWER, QUICK, THEN_B),
                row(
                        "a head of 100 KiB",
                        JSON,
                        talk -> talk.send("HTTP/1.1 200 OK\r\nX: " + "x".repeat(100_000) + "\r\n\r\n"),
                        ANSWER,
                        QUICK,
                        THEN_B),
                row(
                        "a length and chunks at the same time",
                        JSON,
                        talk -> talk.send(
                                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                        ANSWER,
                        QUICK,
                        THEN_B),
                row(
                        "chunks whose size is no number",
                        LIVE,
                        talk -> talk.send(SSE + "zz\r\n\r\n"),
                        ANSWER,
                        QUICK,
                        THEN_B),
                row(
                        "200 with a page instead of JSON",
                        JSON,
                        talk -> talk.send(
                                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 16\r\n\r\n<html>hi</html>\n"),
                        ANSWER,
                        QUICK,
                        THEN_B),
                row(
                        "200 with half of the JSON",
                        JSON,
                        talk -> talk.answer("200 OK", chat("half", "stop").substring(0, 60)),
                        ANSWER,
                        QUICK,
                        THEN_B),
                row(
                        "200 with an error inside",
                        JSON,
                        talk -> talk.answer("200 OK", error("no capacity")),
                        ANSWER,
                        QUICK,
                        THEN_B),
                row(
                        "a stream that begins with an error",
                        LIVE,
                        talk -> chunk(talk.send(SSE), error("no capacity")).send("0\r\n\r\n"),
                        ANSWER,
                        QUICK,
                        THEN_B),
                row(
                        "closes in the middle of JSON",
                        JSON,
                        talk -> {
                            talk.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"choices\":[");
                            throw new Closing();
                        },
                        ANSWER,
                        QUICK,
                        THEN_B),
                // After part of a stream has been passed on: it fails visibly, unless the caller asked for more.
                row("closes after three tokens", LIVE, FaultCases::tokensThenClose, BREAK, QUICK, ONCE),
                row("closes after three tokens", WHOLE, FaultCases::tokensThenClose, ANSWER, QUICK, THEN_B),
                row("closes after three tokens", RESUME, FaultCases::tokensThenClose, REST, QUICK, THEN_B),
                row("stops after three tokens", LIVE, talk -> silence(tokens(talk)), BREAK, CLOCK, ONCE),
                row("stops after three tokens", WHOLE, talk -> silence(tokens(talk)), ANSWER, CLOCK, THEN_B),
                row("stops after three tokens", RESUME, talk -> silence(tokens(talk)), REST, CLOCK, THEN_B),
                row(
                        "sends an error after three tokens",
                        LIVE,
                        talk -> chunk(tokens(talk), error("lost a GPU")).send("0\r\n\r\n"),
                        BREAK,
                        QUICK,
                        ONCE),
                row(
                        "an event that is no JSON in place of a token",
                        LIVE,
                        talk -> end(chunk(tokens(talk), "{\"choices\":[{\"del"), 4),
                        BREAK,
                        QUICK,
                        ONCE),
                row(
                        "an event that is no JSON, and all tokens",
                        LIVE,
                        talk -> end(chunk(tokens(talk), "{\"choices\":[{\"del"), 3),
                        WITHOUT_EVENT,
                        QUICK,
                        ONCE),
                row(
                        "ends cleanly without a finish_reason",
                        LIVE,
                        talk -> tokens(talk).send("0\r\n\r\n"),
                        BREAK,
                        QUICK,
                        ONCE),
                row(
                        "ends with a finish_reason, without [DONE]",
                        LIVE,
                        talk -> chunk(tokens(talk), FINISH).send("0\r\n\r\n"),
                        WITH_DONE,
                        QUICK,
                        ONCE),
                row(
                        "a finish_reason, then nothing",
                        LIVE,
                        talk -> silence(chunk(tokens(talk), FINISH)),
                        WITH_DONE,
                        1_400,
                        ONCE),
                row(
                        "drips an event byte by byte",
                        LIVE,
                        talk -> forEver(tokens(talk).send("5\r\ndata:\r\n"), "1\r\nx\r\n"),
                        BREAK,
                        CLOCK,
                        ONCE),
                row(
                        "an event of 5 MiB",
                        LIVE,
                        talk -> chunk(tokens(talk), "\"" + "x".repeat(5 << 20)).send("0\r\n\r\n"),
                        BREAK,
                        2_000,
                        ONCE));
    }

    /** The script wants its connection closed. */
    private static final class Closing extends Exception {
        private static final long serialVersionUID = 1;
    }

    private interface Doing {
        Object with(RawServer.Talk talk) throws Exception;
    }

    private static FaultCase row(
            String name, FaultCase.Kind kind, Doing doing, FaultCase.Gets gets, int within, List<String> attempts) {
        return new FaultCase(
                name, kind, (number, talk) -> doing.with(talk), Optional.empty(), gets, within, attempts, false);
    }

    private static FaultCase away(String name, Place.Maker place, int within) {
        return new FaultCase(name, LIVE, (number, talk) -> {}, Optional.of(place), ANSWER, within, THEN_B, true);
    }

    private static FaultCase elsewhere(
            String name, FaultCase.Kind kind, Doing doing, FaultCase.Gets gets, int within, List<String> attempts) {
        return new FaultCase(
                name, kind, (number, talk) -> doing.with(talk), Optional.empty(), gets, within, attempts, true);
    }

    private static RawServer.Talk silence(RawServer.Talk talk) throws Exception {
        talk.silence();
        return talk;
    }

    private static RawServer.Talk forEver(RawServer.Talk talk, String text) throws Exception {
        while (true) {
            talk.send(text).pause(50);
        }
    }

    /** Three tokens of a stream: one, two, three. */
    private static RawServer.Talk tokens(RawServer.Talk talk) throws Exception {
        chunk(talk.send(SSE), ROLE);
        for (String word : List.of("one", " two", " three")) {
            chunk(talk, token(word));
        }
        return talk.pause(30); // so that they are passed on before what comes next
    }

    private static RawServer.Talk tokensThenClose(RawServer.Talk talk) throws Exception {
        tokens(talk);
        throw new Closing();
    }

    /** The end of a stream for which the server has counted so many tokens. */
    private static RawServer.Talk end(RawServer.Talk talk, int tokens) throws Exception {
        chunk(
                talk,
                FINISH.substring(0, FINISH.length() - 1) + ",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":"
                        + tokens + "}}");
        return chunk(talk, "[DONE]").send("0\r\n\r\n");
    }

    private static String error(String message) {
        return "{\"error\":{\"message\":\"" + message + "\",\"type\":\"test\"}}";
    }
}
