package dev.backstay.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A server on the loopback interface that sends exactly the bytes a test tells it to, when it tells it to. For faults that a
 * simulated Fireworks has no words for.
 *
 * <pre>{@code
 * try (RawServer server = RawServer.start((number, talk) -> talk.answer("429 no", "{}", "Retry-After: 30"))) { … }
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class RawServer implements AutoCloseable {

    private static final int BACKLOG = 4096;
    private static final int HEAD_LIMIT = 64 * 1024;

    /** What it does with each request, the first of which has the number 1. Whatever it throws closes the connection. */
    @FunctionalInterface
    public interface Script {
        void play(int number, Talk talk) throws Exception;
    }

    private final ServerSocket listening;
    private final Script script;
    private final AtomicInteger count = new AtomicInteger();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final boolean hasty;

    private RawServer(Script script, ServerSocket listening, boolean hasty) {
        this.script = script;
        this.listening = listening;
        this.hasty = hasty;
    }

    /** One that does this. */
    public static RawServer start(Script script) {
        return start(script, InetAddress.getLoopbackAddress(), false);
    }

    /** One that does this as soon as it has the head of a request, and reads no body. */
    public static RawServer startHasty(Script script) {
        return start(script, InetAddress.getLoopbackAddress(), true);
    }

    /** One that does this at another address of this machine. */
    public static RawServer startAt(InetAddress address, Script script) {
        return start(script, address, false);
    }

    private static RawServer start(Script script, InetAddress address, boolean hasty) {
        try {
            RawServer server = new RawServer(script, new ServerSocket(0, BACKLOG, address), hasty);
            daemon(server::accept);
            return server;
        } catch (IOException notBound) {
            throw new UncheckedIOException(notBound);
        }
    }

    /** The base URL for clients of inference, with its version. */
    public String baseUrl() {
        return "http://127.0.0.1:" + listening.getLocalPort() + "/v1";
    }

    /** Where it listens. */
    public int port() {
        return listening.getLocalPort();
    }

    /** The requests as they came, heads and bodies. */
    public List<String> requests() {
        return List.copyOf(requests);
    }

    /** Connections that are open now. */
    public int connections() {
        return open.size();
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "raw-server");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket socket = listening.accept();
                open.add(socket);
                daemon(() -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            String request = read(socket.getInputStream(), hasty);
            while (request != null) {
                requests.add(request);
                script.play(count.incrementAndGet(), new Talk(socket, request, closing));
                request = read(socket.getInputStream(), hasty);
            }
        } catch (Exception over) {
            // the other side left, or the script wanted the connection closed
        } finally {
            open.remove(socket);
        }
    }

    private static @Nullable String read(InputStream in, boolean headOnly) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0 || head.length() > HEAD_LIMIT) {
                return null;
            }
            head.append((char) next);
        }
        if (headOnly) {
            return head.toString();
        }
        String lowerCase = head.toString().toLowerCase(Locale.ROOT);
        if (lowerCase.contains("transfer-encoding: chunked")) {
            return head + chunks(in);
        }
        int at = lowerCase.indexOf("content-length: ");
        int length = at < 0
                ? 0
                : Integer.parseInt(
                        head.substring(at + 16, head.indexOf("\r\n", at)).strip());
        return head + new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    private static String chunks(InputStream in) throws IOException {
        StringBuilder body = new StringBuilder();
        int length = Integer.parseInt(line(in), 16);
        while (length > 0) {
            body.append(new String(in.readNBytes(length), StandardCharsets.UTF_8));
            line(in);
            length = Integer.parseInt(line(in), 16);
        }
        line(in);
        return body.toString();
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
            line.append((char) next);
        }
        return line.toString().strip();
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            listening.close();
            for (Socket socket : open) {
                socket.close();
            }
        } catch (IOException closed) {
            throw new UncheckedIOException(closed);
        }
    }

    /** One request, and how to answer it. */
    public static final class Talk {
        private final Socket socket;
        private final String request;
        private final CountDownLatch closing;

        private Talk(Socket socket, String request, CountDownLatch closing) {
            this.socket = socket;
            this.request = request;
            this.closing = closing;
        }

        /** The request, head and body. */
        public String request() {
            return request;
        }

        /** Whether it asks for a stream. */
        public boolean streamed() {
            return request.replace(" ", "").contains("\"stream\":true");
        }

        /** Sends these bytes. */
        public Talk send(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
            return this;
        }

        /** Sends these bytes. */
        public Talk send(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
            return this;
        }

        /** Sends a whole JSON answer. */
        public Talk answer(String status, String body, String... headers) throws IOException {
            String more = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
            int length = body.getBytes(StandardCharsets.UTF_8).length;
            return send("HTTP/1.1 " + status + "\r\ncontent-type: application/json\r\ncontent-length: " + length
                    + "\r\n" + more + "\r\n" + body);
        }

        /** Begins a stream of events that ends with the connection. */
        public Talk beginStream() throws IOException {
            return send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n");
        }

        /** Sends an event with this data. */
        public Talk event(String data) throws IOException {
            return send("data: " + data + "\n\n");
        }

        /** Sends a chunk of a chat with this text. */
        public Talk token(String text) throws IOException {
            return event("{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":"
                    + "[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"" + text
                    + "\"},\"finish_reason\":null}]}");
        }

        /** Sends the last chunk of a chat and the end marker. */
        public Talk done() throws IOException {
            event("{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":"
                    + "[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");
            return event("[DONE]");
        }

        /** Sends a whole chat with this text. */
        public Talk chat(String text) throws IOException {
            return answer(
                    "200 OK",
                    "{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"
                            + "\"message\":{\"role\":\"assistant\",\"content\":\"" + text
                            + "\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":"
                            + "{\"prompt_tokens\":1,\"completion_tokens\":1,\"total_tokens\":2}}");
        }

        /** Does nothing for so long, or until the server is closed. */
        public Talk pause(long millis) throws InterruptedException {
            closing.await(millis, TimeUnit.MILLISECONDS);
            return this;
        }

        /** Says nothing more, and waits until the other side leaves. */
        public void silence() throws IOException {
            socket.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
        }

        /** Closes the connection, as at the end of an answer. */
        public void close() throws IOException {
            socket.close();
        }

        /** Closes the connection, as in the middle of something. */
        public void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }
    }
}
