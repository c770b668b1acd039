package dev.backstay.rehearsal;

import dev.backstay.client.Ask;
import dev.backstay.client.Broken;
import dev.backstay.client.Incoming;
import dev.backstay.client.Sender;
import dev.backstay.core.Phase;
import dev.backstay.platform.Platform;
import dev.backstay.platform.PlatformAnswer;
import dev.backstay.platform.PlatformRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

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
    public Incoming send(Ask ask, Journey journey) throws Broken {
        journey.entered(Phase.CONNECTING);
        clock.jump(clock.nanos() + WAY_NANOS);
        PlatformAnswer answer = platform.answer(request(ask), clock.nanos());
        if (answer.kind() == PlatformAnswer.Kind.REFUSED) {
            throw new Broken(Broken.How.LOST, "simulated: connection refused");
        }
        journey.entered(Phase.AWAITING);
        if (answer.kind() == PlatformAnswer.Kind.SILENT) {
            clock.jump(journey.clockNanos());
            throw new Broken(Broken.How.LATE, "");
        }
        clock.jump(clock.nanos() + WAY_NANOS);
        return Incoming.of(answer.status(), Map.of(), answer.body());
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
