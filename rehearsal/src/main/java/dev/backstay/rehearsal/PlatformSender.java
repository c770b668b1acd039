package dev.backstay.rehearsal;

import dev.backstay.client.Ask;
import dev.backstay.client.Reply;
import dev.backstay.client.Sender;
import dev.backstay.core.Attempt;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.platform.Platform;
import dev.backstay.platform.PlatformAnswer;
import dev.backstay.platform.PlatformRequest;
import dev.backstay.wire.Answer;
import dev.backstay.wire.Endpoint;
import dev.backstay.wire.Headers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Sends to the platform's model instead of through a socket; an answer takes a moment of virtual time. */
public final class PlatformSender implements Sender {

    private static final long WAY_NANOS = 20_000_000;

    private final Platform platform;
    private final VirtualClock clock;

    public PlatformSender(Platform platform, VirtualClock clock) {
        this.platform = platform;
        this.clock = clock;
    }

    @Override
    public Sent send(Ask ask, Attempt attempt, Journey journey) {
        journey.entered(Phase.CONNECTING);
        clock.jump(clock.nanos() + WAY_NANOS);
        PlatformAnswer answer = platform.answer(request(ask), clock.nanos());
        if (answer.kind() == PlatformAnswer.Kind.REFUSED) {
            return new Ended(new Outcome.Failed(attempt.lost("simulated: connection refused")), Optional.empty());
        }
        journey.entered(Phase.AWAITING);
        if (answer.kind() == PlatformAnswer.Kind.SILENT) {
            clock.jump(attempt.clockNanos());
            return new Late();
        }
        clock.jump(clock.nanos() + WAY_NANOS);
        if (answer.status() < 300) {
            ask.into().ifPresent(file -> write(file, answer.body()));
            return new Ended(
                    Outcome.Completed.UNCOUNTED, Optional.of(new Reply(answer.status(), Headers.NONE, answer.body())));
        }
        Answer refused = Answer.of(Endpoint.MODELS, answer.status(), Headers.NONE, ask.classifier(), clock.now());
        refused.read(ByteBuffer.wrap(answer.body()));
        refused.end();
        return new Ended(refused.outcome().orElseThrow(), Optional.empty());
    }

    private static void write(Path file, byte[] bytes) {
        try {
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PlatformRequest request(Ask ask) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try {
            ask.body().writeTo(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String base = ask.url().getScheme() + "://" + ask.url().getAuthority();
        String target = ask.url().toString().substring(base.length());
        return PlatformRequest.of(
                ask.method(), base, target, ask.headers().getOrDefault("x-api-key", ""), body.toByteArray());
    }
}
