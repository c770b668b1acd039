package dev.backstay.diagnosis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.backstay.client.Ask;
import dev.backstay.client.Body;
import dev.backstay.client.CallFailed;
import dev.backstay.client.KeyHeader;
import dev.backstay.client.Reply;
import dev.backstay.core.Failure;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Does it speak HTTP, what time is it there, does it know our key, and does it have the model? */
final class Service {

    static final String HTTP = "http";
    static final String CLOCK = "clock";
    static final String KEY = "key";
    static final String MODEL = "model";

    /** What is signed or expires goes wrong from here on. */
    private static final Duration CLOCK_FAILS = Duration.ofMinutes(5);

    private static final Duration CLOCK_WARNS = Duration.ofSeconds(30);

    private static final JsonMapper JSON = new JsonMapper();

    private Service() {}

    /** An answer of any status. */
    private record Answered(int status, Optional<Reply> reply, Optional<Failure> failure) {}

    static void look(Examination exam, Line line) {
        exam.begin();
        Answered anonymous = ask(exam, line, Map.of());
        if (anonymous.status == Failure.NO_STATUS) {
            Failure failure = anonymous.failure.orElseThrow();
            exam.fail(HTTP, failure.describe(), failure.kind().advice());
            return;
        }
        exam.pass(HTTP, "answers with status " + anonymous.status + " to who has no key");
        exam.open = anonymous.status == 200;
        anonymous.reply.ifPresent(reply -> clock(exam, reply));
        exam.begin();
        Optional<String> key = exam.patient().settings().apiKey();
        if (key.isEmpty()) {
            exam.skip(
                    KEY,
                    "there is none in the settings"
                            + (exam.open ? ", and none is needed" : ": each caller brings one"));
            model(exam, anonymous);
            return;
        }
        KeyHeader header = exam.patient().settings().keyHeader();
        Answered known = ask(exam, line, Map.of(header.name(), header.value(key.get())));
        key(exam, known);
        if (!exam.isBroken()) {
            model(exam, known);
        }
    }

    private static Answered ask(Examination exam, Line line, Map<String, String> headers) {
        URI models = URI.create(exam.patient().settings().url() + "/models");
        Ask ask = Ask.json("GET", models, headers, Body.NONE, line.classifier()).expectingAnything();
        try {
            Reply reply = line.call(ask, false);
            return new Answered(reply.status(), Optional.of(reply), Optional.empty());
        } catch (CallFailed failed) {
            return new Answered(failed.status(), failed.refusal(), Optional.of(failed.failure()));
        }
    }

    private static void clock(Examination exam, Reply reply) {
        exam.begin();
        exam.ahead = reply.header("date")
                .flatMap(Certificates::time)
                .map(theirs -> Duration.between(theirs, exam.clock().now()));
        if (exam.ahead.isEmpty()) {
            exam.skip(CLOCK, "the server does not say what time it is");
            return;
        }
        Duration off = exam.ahead.get().abs();
        String what = "this machine's clock is " + off.toSeconds() + " s "
                + (exam.ahead.get().isNegative() ? "behind" : "ahead of") + " the server's";
        String fix = "set this machine's clock (timedatectl, chrony)";
        if (off.compareTo(CLOCK_FAILS) > 0) {
            exam.failAlone(CLOCK, what, fix + ": certificates, signed URLs and expiry times go wrong");
        } else if (off.compareTo(CLOCK_WARNS) > 0) {
            exam.warn(CLOCK, what, fix);
        } else {
            exam.pass(CLOCK, "within " + Math.max(1, off.toSeconds()) + " s of the server's");
        }
    }

    private static void key(Examination exam, Answered known) {
        String answered = "answers with status " + known.status
                + known.failure
                        .map(Failure::message)
                        .filter(message -> !message.isEmpty())
                        .map(message -> ": " + message)
                        .orElse("");
        switch (known.status) {
            case 200 -> exam.pass(KEY, exam.open ? "is taken, as is who has none" : "is known");
            case 401 ->
                exam.fail(KEY, answered, "the key is not known there: check that it is whole, and of this provider");
            case 403 ->
                exam.fail(KEY, answered, "the key is known and may not do this: check its rights and its account");
            case 402, 412 ->
                exam.fail(
                        KEY,
                        answered,
                        "the account is blocked (suspended, unpaid, or at its spending limit): see its billing page");
            case 404, 405 -> exam.skip(KEY, "models cannot be listed there; the completion shows whether it is known");
            case 429 ->
                exam.warn(KEY, answered, "limits are reached already by asking for the list: see who uses this key");
            default ->
                exam.warn(
                        KEY,
                        known.status == Failure.NO_STATUS
                                ? known.failure.orElseThrow().describe()
                                : answered,
                        "the service has trouble, whoever asks: see its status page");
        }
    }

    private static void model(Examination exam, Answered known) {
        exam.begin();
        Optional<String> model = exam.patient().model();
        if (model.isEmpty() || known.status != 200) {
            exam.skip(MODEL, model.isEmpty() ? "none is named" : "there is no list of models");
            return;
        }
        Set<String> names = names(known.reply.orElseThrow());
        if (names.contains(model.get())) {
            exam.pass(MODEL, model.get() + " is one of " + names.size());
        } else if (exam.patient().isDedicated()) {
            exam.skip(MODEL, "deployments of your own are not listed: the completion shows whether it is there");
        } else {
            exam.warn(
                    MODEL,
                    model.get() + " is not among the " + names.size() + " that are listed",
                    "if the completion fails, too, it has been retired or renamed");
        }
    }

    private static Set<String> names(Reply reply) {
        Set<String> names = new HashSet<>();
        try {
            for (JsonNode each : JSON.readTree(reply.body()).path("data")) {
                names.add(each.path("id").asText());
            }
        } catch (IOException noList) {
            names.clear();
        }
        return names;
    }
}
