package dev.backstay.diagnosis;

import dev.backstay.core.Timeouts;
import dev.backstay.core.Workload;
import java.time.Duration;
import java.util.Optional;

/** Do the clocks of the settings fit what was measured, and the work that they are for? */
final class Fit {

    static final String STEP = "settings";

    /** What is measured once will be as many times slower one day. */
    private static final int MARGIN = 3;

    /** One lost SYN packet costs a second (RFC 6298). */
    private static final Duration LEAST_CONNECT = Duration.ofSeconds(1);

    private Fit() {}

    static void look(Examination exam) {
        exam.begin();
        Workload workload = exam.patient().settings().workload().orElse(Workload.INTERACTIVE);
        Timeouts clocks = exam.patient().settings().timeouts().over(workload.timeouts());
        int before = exam.findings().size();
        fits(exam, "connect", clocks.connect(), exam.connecting, LEAST_CONNECT);
        fits(exam, "first-token", clocks.firstToken(), exam.firstToken, Duration.ZERO);
        fits(exam, "idle", clocks.idle(), exam.gap, Duration.ZERO);
        total(exam, workload, clocks);
        attempts(exam);
        if (exam.findings().size() == before) {
            exam.pass(
                    STEP,
                    "fit the workload " + workload.label() + " and what was measured: connect " + text(clocks.connect())
                            + ", first token " + text(clocks.firstToken()) + ", idle " + text(clocks.idle())
                            + ", total "
                            + text(clocks.total()));
        }
    }

    private static void fits(
            Examination exam, String name, Duration limit, Optional<Duration> measured, Duration least) {
        Duration wanted = measured.map(took -> took.multipliedBy(MARGIN)).orElse(Duration.ZERO);
        Duration floor = wanted.compareTo(least) > 0 ? wanted : least;
        if (limit.compareTo(floor) < 0) {
            exam.warn(
                    STEP,
                    "timeouts." + name + " is " + text(limit)
                            + measured.map(took -> ", and it took " + took.toMillis() + " ms just now")
                                    .orElse(""),
                    "it will cut good calls: make it " + text(floor) + " or more");
        }
    }

    /** The guide's ranges begin at half a minute for a person, five for agents, ten for long prompts. */
    private static void total(Examination exam, Workload workload, Timeouts clocks) {
        Duration least = workload.timeouts().answer();
        if (clocks.total().compareTo(least) < 0) {
            exam.warn(
                    STEP,
                    "timeouts.total is " + text(clocks.total()) + " for the workload " + workload.label(),
                    "the provider's guide begins at " + text(least) + ": allow more, or declare another workload");
        }
    }

    private static void attempts(Examination exam) {
        if (exam.patient().settings().maxAttempts() == 1) {
            exam.warn(
                    STEP,
                    "max-attempts is 1: a failure by chance is a failure for your caller",
                    "allow two or more; the budget and the deadline keep it from adding load");
        }
    }

    private static String text(Duration time) {
        return time.toMillis() % 1_000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
    }
}
