package dev.backstay.client;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a request sends. Written again for each attempt, so it must be the same each time. */
public interface Body {

    /** Nothing. */
    Body NONE = new Bytes("", new byte[0]);

    /** Its content type; empty for nothing. */
    String type();

    /** How many bytes it has. */
    long length() throws IOException;

    /** Writes all of it. */
    void writeTo(OutputStream out) throws IOException;

    /** A JSON document. */
    static Body json(String document) {
        return new Bytes("application/json", document.getBytes(StandardCharsets.UTF_8));
    }

    /** A file as it is. */
    static Body file(String type, Path file) {
        return new File(type, file);
    }

    /** A file as the one part of a form. */
    static Body form(String field, Path file) {
        return new Form(field, file);
    }

    /** Bytes in memory. */
    record Bytes(String type, byte[] bytes) implements Body {
        @Override
        public long length() {
            return bytes.length;
        }

        @Override
        public void writeTo(OutputStream out) throws IOException {
            out.write(bytes);
        }
    }

    /** A file as it is. */
    record File(String type, Path file) implements Body {
        @Override
        public long length() throws IOException {
            return Files.size(file);
        }

        @Override
        public void writeTo(OutputStream out) throws IOException {
            Files.copy(file, out);
        }
    }

    /** {@code multipart/form-data} (RFC 7578) with one file. */
    record Form(String field, Path file) implements Body {
        private static final String BOUNDARY = "backstay-7f8d2c4e9a1b4c3d";

        @Override
        public String type() {
            return "multipart/form-data; boundary=" + BOUNDARY;
        }

        @Override
        public long length() throws IOException {
            return head().length + Files.size(file) + tail().length;
        }

        @Override
        public void writeTo(OutputStream out) throws IOException {
            out.write(head());
            Files.copy(file, out);
            out.write(tail());
        }

        private byte[] head() {
            String name = String.valueOf(file.getFileName()).replace("\"", "%22");
            String head = "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"" + field + "\"; filename=\""
                    + name + "\"\r\nContent-Type: application/octet-stream\r\n\r\n";
            return head.getBytes(StandardCharsets.UTF_8);
        }

        private static byte[] tail() {
            return ("\r\n--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.UTF_8);
        }
    }
}
