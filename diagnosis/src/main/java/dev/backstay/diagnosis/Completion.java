package dev.backstay.diagnosis;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.backstay.client.Ask;
import dev.backstay.client.Body;
import dev.backstay.client.CallFailed;
import dev.backstay.client.KeyHeader;
import dev.backstay.core.Attempt;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Phase;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Does the model say something, when does it begin, and how long does it pause? */
final class Completion {

    static final String STEP = "completion";

    /** Enough for a few events, and nearly free. */
    private static final int TOKENS = 16;

    /** People notice it. */
    private static final Duration SLOW = Duration.ofSeconds(5);

    private static final JsonMapper JSON = new JsonMapper();

    private Completion() {}

    static void look(Examination exam, Line line) {
        Patient patient = exam.patient();
        if (patient.model().isEmpty()) {
            exam.skip(STEP, "no model is named");
            return;
        }
        if (patient.settings().apiKey().isEmpty() && !exam.open) {
            exam.skip(STEP, "there is no key to pay for it");
            return;
        }
        exam.begin();
        try {
            line.call(ask(patient, line), true);
        } catch (CallFailed failed) {
            exam.fail(STEP, failed.failure().describe(), fix(patient, failed.failure()));
            return;
        }
        Attempt attempt = line.last().orElseThrow();
        long sent = attempt.enteredNanos(Phase.AWAITING).orElse(attempt.sentNanos());
        Duration first = Duration.ofNanos(attempt.enteredNanos(Phase.STREAMING).orElse(sent) - sent);
        Duration gap = Duration.ofNanos(attempt.longestPauseNanos());
        exam.firstToken = Optional.of(first);
        exam.gap = Optional.of(gap);
        String what = "first token after " + first.toMillis() + " ms, longest pause " + gap.toMillis() + " ms"
                + (attempt.requestId().isEmpty() ? "" : " [" + attempt.requestId() + "]");
        if (first.compareTo(SLOW) > 0) {
            exam.warn(
                    STEP,
                    what,
                    "it is slow now: a cold deployment, a queue, or little capacity; ask again, and see the provider's status");
        } else {
            exam.pass(STEP, what);
        }
    }

    private static Ask ask(Patient patient, Line line) {
        ObjectNode body = JSON.createObjectNode()
                .put("model", patient.model().orElseThrow())
                .put("stream", true)
                .put("max_tokens", TOKENS);
        body.putArray("messages").addObject().put("role", "user").put("content", "Say hello.");
        Map<String, String> headers = new HashMap<>();
        KeyHeader header = patient.settings().keyHeader();
        patient.settings().apiKey().ifPresent(key -> headers.put(header.name(), header.value(key)));
        return Ask.of(
                "POST",
                URI.create(patient.settings().url() + "/chat/completions"),
                headers,
                Body.json(body.toString()),
                line.classifier());
    }

    private static String fix(Patient patient, Failure failure) {
        if (failure.kind() == FailureKind.NOT_FOUND) {
            return "the model has been retired or renamed, or the deployment deleted or not yours: see the provider's list";
        }
        return failure.kind() == FailureKind.RATE_LIMITED && patient.isDedicated()
                ? "all replicas are busy: allow more of them (backstay deployment autoscale), or send less at a time"
                : failure.kind().advice();
    }
}
