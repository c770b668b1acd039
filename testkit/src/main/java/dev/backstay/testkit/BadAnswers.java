package dev.backstay.testkit;

import static dev.backstay.testkit.Situations.STREAM;
import static dev.backstay.testkit.Situations.WHOLE;
import static dev.backstay.testkit.Situations.error;
import static dev.backstay.testkit.Situations.row;

import dev.backstay.testkit.Situation.Ends;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** Answers that nobody can use: a visible error in time, and what can be used is not spoilt by them. */
final class BadAnswers {

    /** More than is held of a whole answer. */
    private static final int BOMB_MIB = 70;

    private BadAnswers() {}

    static List<Situation> all() {
        return List.of(
                error(
                        "X1a",
                        "a whole answer that claims gzip and is none",
                        WHOLE,
                        "",
                        2,
                        talk -> talk.answer("200 OK", Chats.chat("fine", "stop"), "Content-Encoding: gzip")),
                error(
                        "X1b",
                        "events that claim gzip and are none",
                        STREAM,
                        "",
                        2,
                        talk -> talk.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                                        + "Content-Encoding: gzip\r\nConnection: close\r\n\r\n")
                                .token("fine")
                                .done()
                                .close()),
                row(
                        "X2",
                        "a packed answer that grows beyond what is held",
                        WHOLE,
                        "",
                        Ends.ERROR,
                        1,
                        true,
                        BadAnswers::bomb),
                error(
                        "X3",
                        "what is not HTTP",
                        WHOLE,
                        "",
                        2,
                        talk -> talk.send("SSH-2.0-OpenSSH_9.6\r\n\r\n").close()),
                error(
                        "G4",
                        "a redirection: the base URL is another",
                        WHOLE,
                        "",
                        1,
                        talk -> talk.answer("308 Permanent Redirect", "", "Location: /elsewhere")));
    }

    /** The beginning of a chat, and so many letters that it is never held. */
    private static void bomb(RawServer.Talk talk) throws IOException {
        String chat = Chats.chat("@", "stop");
        byte[] letters = "x".repeat(1 << 20).getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(chat.substring(0, chat.indexOf('@')).getBytes(StandardCharsets.US_ASCII));
            for (int i = 0; i < BOMB_MIB; i++) {
                gzip.write(letters);
            }
            gzip.write(chat.substring(chat.indexOf('@') + 1).getBytes(StandardCharsets.US_ASCII));
        }
        talk.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: "
                        + packed.size() + "\r\n\r\n")
                .send(packed.toByteArray());
    }
}
