package dev.backstay.gateway;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.SerializedString;
import dev.backstay.client.Problem;
import dev.backstay.core.Attempt;
import dev.backstay.core.Call;
import dev.backstay.core.Result;
import dev.backstay.core.Usage;
import dev.backstay.wire.Endpoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A line of JSON for each call, and for each request that was refused: who, what, where, how it ended. Never a body, a header or a
 * key. Lines are kept in memory and written by {@link #flush}, which opens the file anew each time, so that it can be rotated by
 * moving it. Thread-safe.
 */
final class AccessLog {

    /** Lines that wait to be written, in bytes; further ones are counted and lost. */
    static final int WAITING_LIMIT = 8 * 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(AccessLog.class);
    private static final JsonFactory JSON = new JsonFactory();
    private static final SerializableString NEW_LINE = new SerializedString("\n");

    private static final int THOUSAND = 1_000;

    private final AtomicLong lost = new AtomicLong();
    private long second = Long.MIN_VALUE;
    private String secondText = "";
    private ByteArrayOutputStream waiting = new ByteArrayOutputStream();
    private JsonGenerator json = generator(waiting);

    /** A call that ended. */
    void call(Exchange ended, Instant now) {
        write(json -> {
            Inbound inbound = ended.inbound();
            Call call = ended.call();
            json.writeStringField("time", time(now));
            json.writeStringField("id", call.request().id());
            json.writeStringField("path", Endpoint.withoutQuery(inbound.path()));
            optional(json, "key", inbound.key().map(key -> key.id()));
            json.writeStringField("model", inbound.peek().model());
            json.writeBooleanField("stream", inbound.peek().streamed());
            json.writeStringField("workload", call.request().workload().label());
            json.writeNumberField("status", ended.writer().status());
            json.writeNumberField("bytes", ended.writer().bytes());
            json.writeNumberField("ms", ended.tookNanos() / 1_000_000);
            json.writeNumberField("attempts", call.attemptsSent());
            List<Attempt> attempts = call.attempts();
            if (!attempts.isEmpty()) {
                json.writeStringField(
                        "target", attempts.get(attempts.size() - 1).target().toString());
            }
            result(json, call.result());
        });
    }

    /** In UTC, to the millisecond; the text of a second is made once. */
    private String time(Instant now) {
        if (now.getEpochSecond() != second) {
            second = now.getEpochSecond();
            String text = Instant.ofEpochSecond(second).toString();
            secondText = text.substring(0, text.length() - 1) + ".";
        }
        String millis = String.valueOf(THOUSAND + now.getNano() / 1_000_000);
        return secondText + millis.substring(1) + "Z";
    }

    private static void result(JsonGenerator json, Optional<Result> result) throws IOException {
        if (result.orElse(null) instanceof Result.Succeeded succeeded) {
            Usage usage = succeeded.usage();
            json.writeStringField("outcome", "ok");
            json.writeNumberField("prompt_tokens", usage.promptTokens());
            json.writeNumberField("completion_tokens", usage.completionTokens());
        } else if (result.orElse(null) instanceof Result.Failed failed) {
            json.writeStringField("outcome", failed.failure().kind().label());
            json.writeStringField("phase", failed.failure().phase().label());
            json.writeStringField(
                    "acknowledged", failed.failure().acknowledged().label());
            json.writeStringField("gave_up", failed.reason().name().toLowerCase(Locale.ROOT));
            json.writeBooleanField("delivered", failed.delivered());
        }
    }

    /** A request that no call was made of. */
    void refused(Problem problem, Instant now) {
        write(json -> {
            json.writeStringField("time", time(now));
            json.writeNumberField("status", problem.status());
            json.writeStringField("outcome", "refused");
            json.writeStringField("code", problem.code());
        });
    }

    private static void optional(JsonGenerator json, String field, Optional<String> value) throws IOException {
        if (value.isPresent()) {
            json.writeStringField(field, value.get());
        }
    }

    private interface Fields {
        void write(JsonGenerator json) throws IOException;
    }

    private synchronized void write(Fields fields) {
        if (waiting.size() > WAITING_LIMIT) {
            lost.incrementAndGet();
            return;
        }
        try {
            json.writeStartObject();
            fields.write(json);
            json.writeEndObject();
            json.flush();
        } catch (IOException impossible) {
            throw new IllegalStateException("writing to memory failed", impossible);
        }
    }

    private static JsonGenerator generator(OutputStream out) {
        try {
            return JSON.createGenerator(out).setRootValueSeparator(NEW_LINE);
        } catch (IOException impossible) {
            throw new IllegalStateException("writing to memory failed", impossible);
        }
    }

    /** Lines that could not be kept. */
    long lost() {
        return lost.get();
    }

    /** Writes what waits. What cannot be written is lost, and said so. */
    void flush(Path file) {
        ByteArrayOutputStream lines;
        synchronized (this) {
            lines = waiting;
            if (lines.size() > 0) {
                waiting = new ByteArrayOutputStream(lines.size());
                json = generator(waiting);
            }
        }
        if (lines.size() == 0) {
            return;
        }
        try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            lines.writeTo(out);
            out.write('\n');
        } catch (IOException full) {
            lost.incrementAndGet();
            LOG.warn("the access log {} could not be written: {}", file, full.toString());
        }
    }
}
