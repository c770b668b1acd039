package dev.backstay.diagnosis;

import dev.backstay.client.Clock;
import dev.backstay.core.Timeouts;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;

/** What is known about a patient so far: each step adds its findings, and what later ones need. Belongs to one thread. */
final class Examination {

    private final Patient patient;
    private final Clock clock;
    private final Timeouts clocks;
    private final ExecutorService helpers;
    private final Consumer<Finding> told;
    private final List<Finding> findings = new ArrayList<>();
    private long sinceNanos;
    private Optional<String> broken = Optional.empty();

    /** What the name stands for. */
    List<InetAddress> addresses = List.of();

    /** The quickest of them that connects. */
    Optional<InetSocketAddress> reachable = Optional.empty();

    /** How long it took to connect there. */
    Optional<Duration> connecting = Optional.empty();

    /** By how much our clock is ahead of theirs. */
    Optional<Duration> ahead = Optional.empty();

    /** Whether it serves who has no key. */
    boolean open;

    /** How long a small answer took to begin. */
    Optional<Duration> firstToken = Optional.empty();

    /** The longest pause in it. */
    Optional<Duration> gap = Optional.empty();

    Examination(Patient patient, Clock clock, Timeouts clocks, ExecutorService helpers, Consumer<Finding> told) {
        this.patient = patient;
        this.clock = clock;
        this.clocks = clocks;
        this.helpers = helpers;
        this.told = told;
    }

    Patient patient() {
        return patient;
    }

    Clock clock() {
        return clock;
    }

    /** How long each part may take. */
    Timeouts clocks() {
        return clocks;
    }

    /** Threads for what Java cannot stop. */
    ExecutorService helpers() {
        return helpers;
    }

    List<Finding> findings() {
        return findings;
    }

    /** A step begins now. */
    void begin() {
        sinceNanos = clock.nanos();
    }

    /** How long the step has taken so far. */
    Duration took() {
        return Duration.ofNanos(clock.nanos() - sinceNanos);
    }

    /** The way ends here: what comes after it is skipped. */
    boolean isBroken() {
        return broken.isPresent();
    }

    void pass(String step, String what) {
        add(step, Finding.Verdict.PASS, what, "");
    }

    void warn(String step, String what, String fix) {
        add(step, Finding.Verdict.WARN, what, fix);
    }

    /** It does not work, and so nothing after it can be asked. */
    void fail(String step, String what, String fix) {
        add(step, Finding.Verdict.FAIL, what, fix);
        broken = Optional.of(step);
    }

    /** It does not work, but the rest can be asked. */
    void failAlone(String step, String what, String fix) {
        add(step, Finding.Verdict.FAIL, what, fix);
    }

    void skip(String step) {
        add(step, Finding.Verdict.SKIPPED, "not asked, because of " + broken.orElse("what came before"), "");
    }

    void skip(String step, String why) {
        add(step, Finding.Verdict.SKIPPED, why, "");
    }

    private void add(String step, Finding.Verdict verdict, String what, String fix) {
        Finding finding = new Finding(step, verdict, what, fix, took().toMillis());
        findings.add(finding);
        told.accept(finding);
    }
}
