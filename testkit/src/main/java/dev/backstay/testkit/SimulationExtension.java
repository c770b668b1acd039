package dev.backstay.testkit;

import java.util.Optional;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/** Starts a {@link Simulation} before each test that wants one; JUnit's store closes it after the test. */
final class SimulationExtension implements BeforeEachCallback, ParameterResolver {

    private static final ExtensionContext.Namespace OURS = ExtensionContext.Namespace.create(SimulationExtension.class);

    @Override
    public void beforeEach(ExtensionContext test) {
        simulation(test);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
        return parameter.getParameter().getType() == Simulation.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
        if (test.getTestMethod().isEmpty()) {
            throw new ParameterResolutionException(
                    "a Simulation lives as long as one test: take it in a test or in @BeforeEach, not in a constructor");
        }
        return simulation(test);
    }

    private static Simulation simulation(ExtensionContext test) {
        return test.getStore(OURS)
                .computeIfAbsent(Simulation.class, key -> Simulation.of(wanted(test)), Simulation.class);
    }

    private static SimulatedFireworks wanted(ExtensionContext test) {
        Optional<SimulatedFireworks> atTest =
                AnnotationSupport.findAnnotation(test.getElement(), SimulatedFireworks.class);
        return atTest.or(() -> AnnotationSupport.findAnnotation(test.getRequiredTestClass(), SimulatedFireworks.class))
                .orElseThrow(() -> new ParameterResolutionException(
                        "there is no @SimulatedFireworks at " + test.getDisplayName() + " or its class"));
    }
}
