package dev.backstay.platform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;

/**
 * What the control plane does about a request.
 *
 * @param kind whether it answers at all
 * @param status the HTTP status
 * @param type the content type
 * @param body the body
 */
public record PlatformAnswer(Kind kind, int status, String type, byte[] body) {

    /** Whether there is an answer. */
    public enum Kind {
        ANSWERED,
        /** Nothing ever comes. */
        SILENT,
        /** The connection is refused. */
        REFUSED
    }

    private static final byte[] NOTHING = {};

    static final PlatformAnswer SILENCE = new PlatformAnswer(Kind.SILENT, 0, "", NOTHING);
    static final PlatformAnswer REFUSAL = new PlatformAnswer(Kind.REFUSED, 0, "", NOTHING);

    static PlatformAnswer of(JsonNode json) {
        return new PlatformAnswer(Kind.ANSWERED, 200, "application/json", bytes(json.toString()));
    }

    static PlatformAnswer empty() {
        return of(Json.object());
    }

    static PlatformAnswer text(int status, String type, String text) {
        return new PlatformAnswer(Kind.ANSWERED, status, type, bytes(text));
    }

    static PlatformAnswer file(byte[] bytes) {
        return new PlatformAnswer(Kind.ANSWERED, 200, "application/octet-stream", bytes);
    }

    /** gRPC-gateway's form of an error, as the control plane sends it. */
    static PlatformAnswer error(int status, int grpcCode, String message) {
        ObjectNode body = Json.object().put("code", grpcCode).put("message", message);
        body.putArray("details");
        return new PlatformAnswer(Kind.ANSWERED, status, "application/json", bytes(body.toString()));
    }

    static PlatformAnswer notFound(String what) {
        return error(404, 5, what + " not found");
    }

    static PlatformAnswer invalid(String why) {
        return error(400, 3, why);
    }

    static PlatformAnswer precondition(String why) {
        return error(400, 9, why);
    }

    static PlatformAnswer exists(String what) {
        return error(409, 6, what + " already exists");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
