package dev.backstay.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Runs a simulated Fireworks for each test of a class, or for one test. The test takes a {@link Simulation} as a parameter.
 *
 * <pre>{@code
 * @Test
 * @SimulatedFireworks(profile = "outage", from = "3m")   // the outage begins now
 * void survives_an_outage(Simulation fireworks) {
 *     MyApp app = new MyApp(fireworks.baseUrl(), "any-key");
 *     assertThat(app.answer("What is a backstay?")).isNotEmpty();
 * }
 * }</pre>
 *
 * <p>What stands at a test goes before what stands at its class. Wrong values fail the test with what would be right.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(SimulationExtension.class)
public @interface SimulatedFireworks {

    /**
     * What goes wrong: {@code healthy}, {@code flaky} (one attempt in ten fails, in every way there is), {@code outage} (from 3:00 to
     * 4:00 nothing works), {@code brownout} (30 % of all attempts get a 503) or {@code ratelimit} (the limits of a fresh account).
     */
    String profile() default "healthy";

    /**
     * What goes wrong instead of what the profile says, line by line: {@code "until 2s: silence", "until 5s: fail 30% with 503",
     * "then: healthy"}.
     */
    String[] story() default {};

    /** Where in the story the test begins: {@code 3m}. */
    String from() default "0s";

    /** Whether answers come at once, and not as slowly as a model's: for tests that do not care. */
    boolean fast() default false;

    /** Of everything that is drawn: requests that come one after the other meet the same fates in every run. */
    long seed() default 1;

    /** Whether it speaks TLS, with a certificate of its own making ({@link Simulation#certificate()}). */
    boolean tls() default false;
}
