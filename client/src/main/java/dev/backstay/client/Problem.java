package dev.backstay.client;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.backstay.core.Acknowledged;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.GiveUp;
import dev.backstay.core.Phase;
import dev.backstay.core.Result;
import dev.backstay.wire.Endpoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * An error that is ours to tell, in OpenAI's shape plus what only we know.
 *
 * <p>Immutable.
 *
 * @param status the HTTP status
 * @param code the machine's word for it
 * @param message what happened and what to do
 * @param phase where on the journey
 * @param acknowledged whether the provider saw it
 * @param attempts how often it was sent
 */
public record Problem(int status, String code, String message, Phase phase, Acknowledged acknowledged, int attempts) {

    private static final JsonFactory JSON = new JsonFactory();

    /** A request that was never sent, because of what it is. */
    public static Problem ofRequest(int status, String code, String message) {
        return new Problem(status, code, message, Phase.QUEUED, Acknowledged.NO, 0);
    }

    /** How a call failed. */
    public static Problem of(Result.Failed failed, int attempts) {
        Failure failure = failed.failure();
        String message = "Backstay: " + failure.describe() + "; not tried again after " + attempts
                + (attempts == 1 ? " attempt" : " attempts") + " because "
                + failed.reason().reason();
        FailureKind kind = failed.reason() == GiveUp.QUEUE_FULL ? FailureKind.QUEUE_FULL : failure.kind();
        return new Problem(status(failure), kind.label(), message, failure.phase(), failure.acknowledged(), attempts);
    }

    private static int status(Failure failure) {
        if (failure.status() >= 400) {
            return failure.status();
        }
        return switch (failure.kind()) {
            case DEADLINE_EXCEEDED, FIRST_TOKEN_TIMEOUT, CONNECT_TIMEOUT, WRITE_TIMEOUT -> 504;
            case NO_ROOM, RATE_LIMITED -> 429;
            case QUEUE_FULL -> 503;
            case INTERNAL -> 500;
            default -> 502;
        };
    }

    /** The word that Anthropic's SDKs know for this status ("Errors" in its documentation). */
    private String anthropicType() {
        return switch (status) {
            case 400, 422 -> "invalid_request_error";
            case 401 -> "authentication_error";
            case 402 -> "billing_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 413 -> "request_too_large";
            case 429 -> "rate_limit_error";
            case 503, 529 -> "overloaded_error";
            case 504 -> "timeout_error";
            default -> "api_error";
        };
    }

    /** The word that OpenAI's SDKs know for this status. */
    private String openAiType() {
        return status == 429 ? "rate_limit_error" : status < 500 ? "invalid_request_error" : "server_error";
    }

    /** The body of an error answer, in OpenAI's shape. */
    public byte[] json() {
        return json(openAiType(), false);
    }

    /** The body of an error answer, in the shape that callers of such an endpoint read. */
    public byte[] json(Endpoint.Dialect dialect) {
        return dialect == Endpoint.Dialect.MESSAGES ? json(anthropicType(), true) : json();
    }

    /** @param typed whether the document itself has a type, too */
    private byte[] json(String type, boolean typed) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            if (typed) {
                json.writeStringField("type", "error");
            }
            json.writeObjectFieldStart("error");
            json.writeStringField("message", message);
            json.writeStringField("type", type);
            json.writeNullField("param");
            json.writeStringField("code", code);
            json.writeStringField("phase", phase.label());
            json.writeStringField("acknowledged", acknowledged.label());
            json.writeNumberField("attempts", attempts);
            json.writeEndObject();
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException("writing to memory failed", impossible);
        }
        return out.toByteArray();
    }

    /** The last event of a stream that broke after part of it was delivered. */
    public byte[] event(Endpoint.Dialect dialect) {
        String begin = dialect == Endpoint.Dialect.CHAT ? "data: " : "event: error\ndata: ";
        byte[] json = dialect == Endpoint.Dialect.RESPONSES ? json(openAiType(), true) : json(dialect);
        return (begin + new String(json, StandardCharsets.UTF_8) + "\n\n").getBytes(StandardCharsets.UTF_8);
    }
}
