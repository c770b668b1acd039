package dev.backstay.diagnosis;

import dev.backstay.client.Clock;
import dev.backstay.core.Timeouts;
import java.io.IOException;
import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/**
 * Walks the way of a request from the name of the host to the last token, and asks each part by itself. What lies behind a part that
 * does not work is not asked. Costs the provider two lists of models and a completion of a few tokens.
 */
public final class Doctor {

    /** A person waits for the doctor. */
    private static final Timeouts CLOCKS = new Timeouts(
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            Duration.ofSeconds(15),
            Duration.ofSeconds(60));

    /** Names to addresses; throws {@link java.net.UnknownHostException} for a name that has none. */
    @FunctionalInterface
    public interface Lookup {
        /** All addresses of a name. */
        InetAddress[] all(String name) throws IOException;
    }

    private final Clock clock;
    private final Timeouts clocks;
    private final Lookup lookup;

    /** @param clock the one that is to be compared with the provider's */
    public Doctor(Clock clock) {
        this(clock, CLOCKS, InetAddress::getAllByName);
    }

    /**
     * @param clock the one that is to be compared with the provider's
     * @param clocks how long each part may be silent
     * @param lookup who finds addresses
     */
    public Doctor(Clock clock, Timeouts clocks, Lookup lookup) {
        this.clock = clock;
        this.clocks = clocks;
        this.lookup = lookup;
    }

    /**
     * Examines one API.
     *
     * @param told hears each finding when it is there
     * @return all findings, in order
     * @throws InterruptedException if the thread was interrupted; nothing is left open
     */
    public List<Finding> examine(Patient patient, Consumer<Finding> told) throws InterruptedException {
        ExecutorService helpers = Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "backstay-doctor");
            thread.setDaemon(true);
            return thread;
        });
        try {
            Examination exam = new Examination(patient, clock, clocks, helpers, told);
            walk(exam);
            return List.copyOf(exam.findings());
        } finally {
            helpers.shutdownNow();
        }
    }

    private void walk(Examination exam) throws InterruptedException {
        Names.look(exam, lookup);
        if (!exam.isBroken()) {
            Addresses.look(exam);
        }
        if (!exam.isBroken()) {
            Tunnel.look(exam);
        }
        if (!exam.isBroken()) {
            Certificates.look(exam);
        }
        if (exam.isBroken()) {
            exam.skip(Service.HTTP);
            exam.skip(Service.KEY);
            exam.skip(Completion.STEP);
        } else {
            ask(exam);
        }
        Fit.look(exam);
    }

    private void ask(Examination exam) {
        try (Line line = new Line(exam.patient(), clock, clocks)) {
            Service.look(exam, line);
            if (exam.isBroken()) {
                exam.skip(Completion.STEP);
            } else {
                Completion.look(exam, line);
            }
        } catch (IOException | GeneralSecurityException unusable) {
            exam.fail(
                    Certificates.STEP, String.valueOf(unusable.getMessage()), "check the file that upstream.ca names");
        }
    }
}
