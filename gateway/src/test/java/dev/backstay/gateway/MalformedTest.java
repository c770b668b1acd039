package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.core.Priority;
import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.gateway.keys.CallerKey;
import dev.backstay.gateway.keys.KeyFile;
import dev.backstay.gateway.keys.KeyLimits;
import dev.backstay.testkit.Chats;
import dev.backstay.testkit.RawServer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Requests that no caller should send: each is answered with a 4xx in OpenAI's shape (or 501 and 505, where HTTP says so), quickly, never
 * reaches the API, and changes nothing for the others.
 */
@ExtendWith(NoBufferLeaks.class)
class MalformedTest {

    private static RawServer api;
    private static Gateway gateway;
    private static String key;

    @TempDir
    private static Path folder;

    /** @param bytes what is sent; {@code KEY} stands for a good key */
    private record Bad(String name, int status, String bytes) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final String LINE = "POST /v1/chat/completions HTTP/1.1\r\n";
    private static final String HOST = "Host: x\r\n";
    private static final String AUTH = "Authorization: Bearer KEY\r\n";
    private static final String BODY = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    @BeforeAll
    static void start() throws Exception {
        api = RawServer.start((number, talk) -> talk.answer("200 OK", Chats.chat("fine", "stop")));
        CallerKey.Made made = CallerKey.make(
                "tests",
                new KeyLimits(null, null, null, null, Priority.DEFAULT.label(), List.of("m", "many*")),
                Instant.EPOCH,
                new SecureRandom());
        key = made.token();
        KeyFile.write(folder.resolve("keys.yaml"), List.of(made.key()));
        Path settings = Files.writeString(
                folder.resolve("backstay.yaml"),
                "listen: 127.0.0.1:0\nkeys: keys.yaml\nlimits: {body: 64KiB, head: 8KiB, head-time: 500ms, body-time: 500ms}\n"
                        + "providers: {a: {url: \"" + api.baseUrl() + "\", provider: openai}}\n"
                        + "routes: {m: {targets: [{provider: a, model: x}]}}\n");
        gateway = Gateway.start(GatewayConfig.read(settings, name -> null));
    }

    @AfterAll
    static void stop() {
        gateway.close();
        api.close();
    }

    static Stream<Bad> bad() {
        return Stream.of(framing(), heads(), chunks(), bodies(), callers(), slow())
                .flatMap(each -> each);
    }

    private static Stream<Bad> framing() {
        String two = LINE + HOST + AUTH;
        return Stream.of(
                bad(
                        "a length and chunks",
                        400,
                        two + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                bad(
                        "chunks and a length",
                        400,
                        two + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
                bad("two lengths", 400, two + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
                bad("the same length twice", 400, two + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
                bad(
                        "two lengths in HTTP/1.0",
                        400,
                        LINE.replace("1.1", "1.0") + AUTH + "Content-Length: 5\r\nContent-Length: 60\r\n\r\nhello"),
                bad("a list of lengths", 400, two + "Content-Length: 5, 5\r\n\r\nhello"),
                bad("a negative length", 400, two + "Content-Length: -5\r\n\r\nhello"),
                bad("a length with a plus", 400, two + "Content-Length: +5\r\n\r\nhello"),
                bad("a hexadecimal length", 400, two + "Content-Length: 0x5\r\n\r\nhello"),
                bad("a length of words", 400, two + "Content-Length: five\r\n\r\nhello"),
                bad("a length that overflows", 400, two + "Content-Length: 99999999999999999999\r\n\r\nhello"),
                bad("identity, chunked", 501, two + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n"),
                bad("gzip, chunked", 501, two + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
                bad(
                        "chunked on two lines",
                        400,
                        two + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                bad("xchunked", 400, two + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
                bad("chunked hidden by a vertical tab", 400, two + "Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n"),
                bad(
                        "chunks in HTTP/1.0",
                        400,
                        LINE.replace("1.1", "1.0") + AUTH + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                bad("a space before the colon", 400, two + "Content-Length : 5\r\n\r\nhello"),
                bad(
                        "an old web socket's keys",
                        400,
                        two + "Sec-WebSocket-Key1: 1\r\nSec-WebSocket-Key2: 2\r\nContent-Length: 0\r\n\r\n"));
    }

    private static Stream<Bad> heads() {
        String rest = HOST + AUTH + "Content-Length: 0\r\n\r\n";
        return Stream.of(
                bad("no host", 400, LINE + AUTH + "Content-Length: 0\r\n\r\n"),
                bad("two hosts", 400, LINE + "Host: a\r\nHost: b\r\n" + AUTH + "Content-Length: 0\r\n\r\n"),
                bad("a host with a user", 400, LINE + "Host: a@b\r\n" + AUTH + "Content-Length: 0\r\n\r\n"),
                bad("HTTP/2.0", 505, "POST /v1/chat/completions HTTP/2.0\r\n" + rest),
                bad("HTTP/1.2", 505, "POST /v1/chat/completions HTTP/1.2\r\n" + rest),
                bad("HTTP/0.9", 400, "GET /\r\n\r\n"),
                bad("not HTTP", 400, "\u0016\u0003\u0001 hello\r\n\r\n"),
                bad("an absolute target", 400, "POST http://other/v1/chat/completions HTTP/1.1\r\n" + rest),
                bad("a target with a control character", 400, "POST /v1/chat\u0001 HTTP/1.1\r\n" + rest),
                bad("a target that is not ASCII", 400, "POST /v1/ch\u00e4t HTTP/1.1\r\n" + rest),
                bad("a fragment", 400, "POST /v1/chat/completions#x HTTP/1.1\r\n" + rest),
                bad("a line that is too long", 414, "POST /" + "x".repeat(10_000) + " HTTP/1.1\r\n" + rest),
                bad("a header that is too large", 431, LINE + HOST + "X: " + "x".repeat(9_000) + "\r\n\r\n"),
                bad("too many headers", 431, LINE + HOST + "a: b\r\n".repeat(300) + "\r\n"),
                bad("NUL in a header", 400, LINE + HOST + "X: a\u0000b\r\n\r\n"),
                bad("a bare CR in a header", 400, LINE + HOST + "X: a\rContent-Length: 5\r\n\r\n"),
                bad("a header without a colon", 400, LINE + HOST + "hello\r\n\r\n"),
                bad("lines that end with LF", 400, (LINE + rest).replace("\r\n", "\n")),
                bad(
                        "an expectation that we do not know",
                        417,
                        LINE + HOST + AUTH + "Expect: tea\r\nContent-Length: 0\r\n\r\n"),
                bad("a path that is not served", 404, "POST /other HTTP/1.1\r\n" + rest),
                bad("a method that is not passed on", 405, "TRACE /v1/chat/completions HTTP/1.1\r\n" + rest));
    }

    private static Stream<Bad> chunks() {
        String head = LINE + HOST + AUTH + "Transfer-Encoding: chunked\r\n\r\n";
        return Stream.of(
                bad("a chunk of no size", 400, head + "\r\nhello\r\n"),
                bad("a chunk of words", 400, head + "zz\r\nhello\r\n"),
                bad("a negative chunk", 400, head + "-5\r\nhello\r\n"),
                bad("a chunk that is longer than it says", 400, head + "3\r\nhello\r\n0\r\n\r\n"),
                bad("a chunk whose size overflows", 400, head + "fffffffff\r\n"),
                bad("a chunk with a bare LF", 400, head + "5\nhello\r\n0\r\n\r\n"));
    }

    private static Stream<Bad> bodies() {
        return Stream.of(
                post("an empty body", 400, ""),
                post("no JSON", 400, "hello"),
                post("half of JSON", 400, BODY.substring(0, 30)),
                post("JSON and more", 400, BODY + BODY),
                post("an array", 400, "[1,2]"),
                post("invalid UTF-8", 400, "{\"model\":\"m\",\"x\":\"\u00ff\u00fe\"}"),
                post("a model that is a number", 400, "{\"model\":5}"),
                post("two models", 400, "{\"model\":\"m\",\"model\":\"other\"}"),
                post("a model that is a number", 400, "{\"model\":1,\"messages\":[]}"),
                post("a model's name without end", 400, "{\"model\":\"" + "m".repeat(300) + "\"}"),
                post(
                        "JSON that is too deep",
                        400,
                        "{\"model\":\"m\",\"x\":" + "[".repeat(2_000) + "]".repeat(2_000) + "}"),
                post("a body that is too large", 413, "{\"x\":\"" + "x".repeat(70_000) + "\"}"),
                bad("a body that says it is too large", 413, LINE + HOST + AUTH + "Content-Length: 99999999\r\n\r\n"),
                post("a model that nobody has", 404, BODY.replace("\"m\"", "\"many-but-not-here\"")),
                post("a model that is not this key's", 403, BODY.replace("\"m\"", "\"other\"")));
    }

    private static Stream<Bad> callers() {
        String end = "Content-Length: " + BODY.length() + "\r\n\r\n" + BODY;
        return Stream.of(
                bad("no key", 401, LINE + HOST + end),
                bad("a key of somebody else", 401, LINE + HOST + "Authorization: Bearer sk-other\r\n" + end),
                bad("half of a key", 401, LINE + HOST + AUTH.replace("KEY", "bks_00000000") + end),
                bad("a key with another secret", 401, LINE + HOST + AUTH.replace("KEY", "KEYx") + end),
                bad("a deadline of words", 400, LINE + HOST + AUTH + "Backstay-Timeout: soon\r\n" + end),
                bad("a deadline of a week", 400, LINE + HOST + AUTH + "Backstay-Timeout: 168h\r\n" + end),
                bad("a workload that does not exist", 400, LINE + HOST + AUTH + "Backstay-Workload: fast\r\n" + end),
                bad(
                        "a stream policy that does not exist",
                        400,
                        LINE + HOST + AUTH + "Backstay-Stream: maybe\r\n" + end),
                bad("a priority that does not exist", 400, LINE + HOST + AUTH + "Backstay-Priority: mine\r\n" + end));
    }

    private static Stream<Bad> slow() {
        return Stream.of(
                bad("a body that does not come", 408, LINE + HOST + AUTH + "Content-Length: 100\r\n\r\n{\"model\""));
    }

    private static Bad bad(String name, int status, String bytes) {
        return new Bad(name, status, bytes);
    }

    private static Bad post(String name, int status, String body) {
        return bad(name, status, LINE + HOST + AUTH + "Content-Length: " + body.length() + "\r\n\r\n" + body);
    }

    @ParameterizedTest
    @MethodSource("bad")
    void is_refused_quickly_and_changes_nothing(Bad request) throws Exception {
        try (Socket bystander = connect()) {
            int asked = api.requests().size();
            long begun = System.nanoTime();
            String answer;
            try (Socket socket = connect()) {
                socket.getOutputStream().write(latin(request.bytes().replace("KEY", key)));
                answer = Rig.readUntil(socket, "}}");
            }
            assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(2));
            assertThat(answer).startsWith("HTTP/1.1 " + request.status() + " ").contains("{\"error\":{\"message\":\"");
            assertThat(answer).contains("\"code\":\"").doesNotContain(key);
            assertThat(api.requests()).as("requests that the API saw").hasSize(asked);

            String good = post("good", 200, BODY).bytes().replace("KEY", key);
            bystander.getOutputStream().write(latin(good));
            assertThat(Rig.readUntil(bystander, "}}"))
                    .startsWith("HTTP/1.1 200")
                    .contains("fine");
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
            while (gateway.running() > 0 && System.nanoTime() < until) {
                LockSupport.parkNanos(1_000_000);
            }
            assertThat(gateway.running()).isZero();
        }
    }

    private static Socket connect() throws IOException {
        Socket socket = new Socket("127.0.0.1", gateway.address().getPort());
        socket.setSoTimeout(5_000);
        return socket;
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
