package dev.backstay.fireworks;

import dev.backstay.client.Ask;
import dev.backstay.client.Incoming;
import dev.backstay.client.Sender;
import dev.backstay.core.Phase;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/** A control plane that says what a test tells it to, one answer after the other; the last one is said for ever. */
final class ScriptedSender implements Sender {

    /** A request as it was sent. */
    record Asked(String method, String path, String body) {}

    private record Said(int status, String body) {}

    private final List<Asked> requests = new ArrayList<>();
    private final List<Rule> rules = new ArrayList<>();

    private static final class Rule {
        private final String method;
        private final String pathPart;
        private final Deque<Said> answers = new ArrayDeque<>();

        private Rule(String method, String pathPart) {
            this.method = method;
            this.pathPart = pathPart;
        }

        Said next() {
            return answers.size() > 1 ? answers.remove() : answers.element();
        }
    }

    /** What is said to this method on a path with this in it: statuses and bodies in turn. */
    ScriptedSender on(String method, String pathPart, Object... statusesAndBodies) {
        Rule rule = new Rule(method, pathPart);
        for (int i = 0; i < statusesAndBodies.length; i += 2) {
            rule.answers.add(new Said((Integer) statusesAndBodies[i], (String) statusesAndBodies[i + 1]));
        }
        rules.add(rule);
        return this;
    }

    List<Asked> requests() {
        return requests;
    }

    long count(String method, String pathPart) {
        return requests.stream()
                .filter(each -> each.method.equals(method) && each.path.contains(pathPart))
                .count();
    }

    @Override
    public Incoming send(Ask ask, Journey journey) {
        String path = ask.url()
                .toString()
                .substring((ask.url().getScheme() + "://" + ask.url().getAuthority()).length());
        requests.add(new Asked(ask.method(), path, body(ask)));
        journey.entered(Phase.AWAITING);
        Rule rule = rules.stream()
                .filter(each -> each.method.equals(ask.method()) && path.contains(each.pathPart))
                .findFirst()
                .orElseThrow(() -> new AssertionError("nobody said what comes of " + ask.method() + " " + path));
        Said said = rule.next();
        return Incoming.of(said.status, Map.of(), said.body.getBytes(StandardCharsets.UTF_8));
    }

    private static String body(Ask ask) {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ask.body().writeTo(out);
            return out.toString(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
