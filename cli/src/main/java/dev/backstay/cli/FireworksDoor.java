package dev.backstay.cli;

import dev.backstay.client.Durations;
import dev.backstay.core.Attempt;
import dev.backstay.core.Call;
import dev.backstay.core.Outcome;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.fireworks.Access;
import dev.backstay.fireworks.FireworksClient;
import dev.backstay.ledger.Ledger;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** What every command of the control plane needs: whom to ask, where to keep, how to print. */
final class FireworksDoor {

    private static final long TOLD_AGAIN_NANOS = 10_000_000_000L;

    private volatile long toldNanos = Long.MIN_VALUE / 2;

    @Option(
            names = "--account",
            paramLabel = "ID",
            scope = ScopeType.INHERIT,
            description = "The account. Default: FIREWORKS_ACCOUNT_ID, else that of the key.")
    private @Nullable String account;

    @Option(
            names = "--base-url",
            paramLabel = "URL",
            scope = ScopeType.INHERIT,
            description = "Which Fireworks. Default: FIREWORKS_BASE_URL, else https://api.fireworks.ai")
    private @Nullable URI base;

    @Option(
            names = "--api-key-file",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = "Where the API key stands. Default: it is in FIREWORKS_API_KEY.")
    private @Nullable Path keyFile;

    @Mixin
    private LedgerDoor kept = new LedgerDoor();

    @Mixin
    private Output output = new Output();

    /** A client; the caller closes it. */
    FireworksClient open() throws IOException {
        return FireworksClient.open(access(), ledger(), this::tellOfTrouble);
    }

    /** Somebody who waits for an answer should know that it is tried again, and why. */
    private void tellOfTrouble(long nowNanos, Call call, Signal signal, Step step) {
        if (!(step instanceof Step.Wait) || call.attempts().isEmpty() || nowNanos - toldNanos < TOLD_AGAIN_NANOS) {
            return;
        }
        Attempt last = call.attempts().get(call.attempts().size() - 1);
        if (last.outcome().orElse(null) instanceof Outcome.Failed failed) {
            toldNanos = nowNanos;
            say("trying again: " + failed.failure().describe());
        }
    }

    /** Whether a target's host is the Fireworks that we ask. */
    boolean isAtFireworks(String host) {
        String ours = where().getAuthority();
        return host.equals(ours) || host.equals(ours + ":443") || ours.equals(host + ":443");
    }

    private URI where() {
        return base != null
                ? base
                : Environment.get("FIREWORKS_BASE_URL").map(FireworksDoor::uri).orElse(Access.FIREWORKS);
    }

    private Access access() throws IOException {
        String key = keyFile != null
                ? Files.readString(keyFile).strip()
                : Environment.get("FIREWORKS_API_KEY").orElse("");
        if (key.isEmpty()) {
            throw new IllegalArgumentException(
                    keyFile != null
                            ? "the file " + keyFile + " is empty: it must have the API key"
                            : "there is no API key: set FIREWORKS_API_KEY, or give a file that has it with --api-key-file");
        }
        return new Access(where(), key, Optional.ofNullable(account).or(() -> Environment.get("FIREWORKS_ACCOUNT_ID")));
    }

    private static URI uri(String text) {
        try {
            return URI.create(text);
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException(
                    "FIREWORKS_BASE_URL is '" + text + "': it must be http(s)://host", wrong);
        }
    }

    Ledger ledger() {
        return kept.open();
    }

    /** The ledger, if somebody has written it. */
    Ledger existingLedger() {
        return kept.existing();
    }

    /** A time as people write it. */
    static Duration time(String option, String text) {
        return Durations.parse(text)
                .filter(time -> !time.isZero())
                .orElseThrow(() -> new IllegalArgumentException(option + " is '" + text + "': " + Durations.EXPECTED));
    }

    /** Prints a result: as text for people, or as it is for programs. */
    int print(Object result, String text) throws IOException {
        return print(result, text, 0);
    }

    int print(Object result, String text, int exitCode) throws IOException {
        return output.print(result, text, exitCode);
    }

    /** Says something that is no result. */
    void say(String what) {
        output.say(what);
    }

    /** Says so if our clock is wrong, because what expires then expires at the wrong time. */
    void checkClock(FireworksClient client) {
        client.clockOff()
                .ifPresent(ahead -> say("this machine's clock is " + ahead.abs().toMinutes() + " minutes "
                        + (ahead.isNegative() ? "behind" : "ahead of")
                        + " Fireworks'; set it, or expiry times and signatures go wrong"));
    }
}
