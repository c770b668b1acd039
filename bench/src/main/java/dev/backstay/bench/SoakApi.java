package dev.backstay.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An API for the soak: its answer is a text that follows from the question, so that every answer can be checked, and it fails in every
 * phase, by chance.
 */
final class SoakApi implements AutoCloseable {

    private static final int BACKLOG = 4096;
    private static final int HEAD_LIMIT = 64 * 1024;
    private static final int RARELY = 100;
    private static final int WORDS = 40;
    private static final Pattern BEGINNING = Pattern.compile("\"role\":\"assistant\",\"content\":\"([^\"]*)\"");

    private final ServerSocket listening;
    private final double faulty;
    private final SplittableRandom seeds;
    private final AtomicLong requests = new AtomicLong();

    /** @param faulty which share of requests it fails, in one way or another */
    SoakApi(double faulty, long seed) throws IOException {
        this.listening = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
        this.faulty = faulty;
        this.seeds = new SplittableRandom(seed);
        daemon(this::accept);
    }

    int port() {
        return listening.getLocalPort();
    }

    long requests() {
        return requests.get();
    }

    /** The answer to a question: words that follow from its number. */
    static String answer(long question) {
        SplittableRandom words = new SplittableRandom(question);
        StringBuilder text = new StringBuilder();
        int count = 1 + words.nextInt(WORDS);
        for (int i = 0; i < count; i++) {
            text.append(i == 0 ? "" : " ").append(Long.toString(words.nextLong(1L << 40), 36));
        }
        return text.toString();
    }

    /** How much of the answer the caller has, and wants to be continued. */
    private static int begun(String request) {
        Matcher beginning = BEGINNING.matcher(request);
        return beginning.find() ? beginning.group(1).length() : 0;
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "soak-api");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket socket = listening.accept();
                SplittableRandom chance;
                synchronized (seeds) {
                    chance = seeds.split();
                }
                daemon(() -> serve(socket, chance));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket, SplittableRandom chance) {
        try (socket) {
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            String request = read(in);
            while (request != null) {
                requests.incrementAndGet();
                long question = Long.parseLong(request.replaceAll("(?s).*question (\\d+)\".*", "$1"));
                boolean streamed = request.contains("\"stream\":true");
                int begun = chance.nextInt(10) == 0 ? 0 : begun(request); // now and then it begins anew
                if (chance.nextDouble() < faulty) {
                    fail(socket, answer(question).substring(begun), streamed, chance);
                } else if (streamed) {
                    stream(socket.getOutputStream(), answer(question).substring(begun), Integer.MAX_VALUE, true);
                } else {
                    json(socket.getOutputStream(), "200 OK", chat(answer(question)));
                }
                request = read(in);
            }
        } catch (Exception over) {
            // the other side left, or this is a fault
        }
    }

    private static @Nullable String read(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n", Math.max(0, head.length() - 4)) < 0) {
            int next = in.read();
            if (next < 0 || head.length() > HEAD_LIMIT) {
                return null;
            }
            head.append((char) next);
        }
        String text = head.toString();
        int at = text.toLowerCase(Locale.ROOT).indexOf("content-length: ");
        int length =
                Integer.parseInt(text.substring(at + 16, text.indexOf('\r', at)).strip());
        return text + new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    private static void fail(Socket socket, String text, boolean streamed, SplittableRandom chance) throws Exception {
        OutputStream out = socket.getOutputStream();
        switch (chance.nextInt(streamed ? 12 : 9)) {
            case 0 -> socket.close();
            case 1 -> {
                socket.setSoLinger(true, 0);
                socket.close();
            }
            case 2 -> json(out, "500 Internal Server Error", "{\"error\":{\"message\":\"oops\"}}");
            case 3 -> json(out, "503 Service Unavailable", "{\"error\":{\"message\":\"overloaded\"}}");
            case 4 -> {
                boolean limited = chance.nextInt(RARELY) == 0; // each makes calls slower for a while, as it should
                json(
                        out,
                        limited ? "429 Too Many Requests" : "502 Bad Gateway",
                        "{\"error\":{\"message\":\"slow down\"}}");
            }
            case 5 -> json(out, "200 OK", chat(text).substring(0, 30));
            case 6 -> out.write(ascii("this is not HTTP\r\n\r\n"));
            case 7 -> {
                out.write(ascii("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + chat(text)));
                socket.close();
            }
            case 8 -> {
                TimeUnit.MILLISECONDS.sleep(1_500); // longer than the clocks of the route
                socket.close();
            }
            case 9 -> {
                stream(out, text, chance.nextInt(5), false);
                socket.close();
            }
            case 10 -> {
                stream(out, text, chance.nextInt(5), false);
                chunk(out, "{\"error\":{\"message\":\"lost a GPU\"}}");
                out.write(ascii("0\r\n\r\n"));
            }
            default -> {
                stream(out, text, chance.nextInt(5), false);
                chunk(out, "{\"choices\":[{\"del");
                out.write(ascii("0\r\n\r\n"));
            }
        }
    }

    private static void json(OutputStream out, String status, String body) throws IOException {
        out.write(ascii("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length()
                + "\r\n\r\n" + body));
    }

    private static void stream(OutputStream out, String text, int most, boolean ends) throws IOException {
        out.write(ascii("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"));
        int sent = 0;
        for (String word : text.split("(?= )")) {
            if (sent++ == most) {
                break;
            }
            chunk(
                    out,
                    "{\"id\":\"s\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + word
                            + "\"},\"finish_reason\":null}]}");
        }
        if (ends) {
            chunk(
                    out,
                    "{\"id\":\"s\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}");
            chunk(out, "[DONE]");
            out.write(ascii("0\r\n\r\n"));
        }
    }

    private static void chunk(OutputStream out, String data) throws IOException {
        String event = "data: " + data + "\n\n";
        out.write(ascii(Integer.toHexString(event.length()) + "\r\n" + event + "\r\n"));
    }

    private static String chat(String text) {
        return "{\"id\":\"s\",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\""
                + text + "\"},\"finish_reason\":\"stop\"}]}";
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
