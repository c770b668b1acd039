package dev.backstay.cli;

import dev.backstay.client.Clock;
import dev.backstay.diagnosis.Doctor;
import dev.backstay.diagnosis.Finding;
import dev.backstay.diagnosis.Patient;
import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.gateway.config.RouteConfig;
import dev.backstay.gateway.config.UpstreamConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Whether calls can work, and if not, why. */
@Command(
        name = "doctor",
        description = {
            "Walks the way of a call, from the name of the host to the last token, and says what is wrong and what to do.",
            "Exit code 0 if nothing fails, 1 if something does."
        },
        mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {

    @Mixin
    private Output output = new Output();

    @Option(names = "--config", paramLabel = "FILE", description = "Settings, as YAML. Default: the environment's.")
    private @Nullable Path config;

    @Option(
            names = "--target",
            paramLabel = "NAME",
            description = "Only this route, or this provider, of the settings. Default: every provider.")
    private @Nullable String target;

    @Option(names = "--url", paramLabel = "URL", description = "Base URL of the API, instead of that of the settings.")
    private @Nullable URI url;

    @Option(names = "--model", paramLabel = "MODEL", description = "What to ask for a few tokens.")
    private @Nullable String model;

    @Override
    public Integer call() throws Exception {
        Map<String, List<Finding>> all = new LinkedHashMap<>();
        Doctor doctor = new Doctor(Clock.SYSTEM);
        boolean fails = false;
        for (Patient patient : patients()) {
            output.tell(patient.name() + "  " + patient.settings().url());
            List<Finding> findings = doctor.examine(patient, finding -> output.tell(line(finding)));
            all.put(patient.name(), findings);
            fails |= findings.stream().anyMatch(each -> each.verdict() == Finding.Verdict.FAIL);
        }
        return output.printIfJson(all, fails ? 1 : 0);
    }

    private static String line(Finding finding) {
        String sign = switch (finding.verdict()) {
            case PASS -> "✓";
            case WARN -> "!";
            case FAIL -> "✗";
            case SKIPPED -> "·";
        };
        return String.format("  %s %-11s %s%s", sign, finding.step(), finding.what(), fix(finding));
    }

    private static String fix(Finding finding) {
        return finding.fix().isEmpty() ? "" : "\n                → " + finding.fix();
    }

    private List<Patient> patients() throws IOException {
        GatewayConfig settings = Environment.settings(config, url);
        List<Patient> patients = new ArrayList<>();
        for (Map.Entry<String, UpstreamConfig> each : new TreeMap<>(settings.providers()).entrySet()) {
            if (isMeant(settings, each.getKey())) {
                patients.add(new Patient(
                        each.getKey(),
                        each.getValue().settings(),
                        Optional.ofNullable(model).or(() -> modelOf(settings, each.getKey())),
                        each.getValue().proxy(),
                        each.getValue().ca()));
            }
        }
        if (patients.isEmpty()) {
            throw new IllegalArgumentException("there is no route or provider '" + target + "'; there is "
                    + String.join(
                            ", ",
                            Stream.concat(settings.routes().keySet().stream(), settings.providers().keySet().stream())
                                    .sorted()
                                    .toList()));
        }
        return patients;
    }

    private boolean isMeant(GatewayConfig settings, String provider) {
        RouteConfig route = target == null ? null : settings.routes().get(target);
        return target == null
                || provider.equals(target)
                || route != null
                        && targets(route).anyMatch(each -> each.provider().equals(provider));
    }

    /** What the routes ask of it first. */
    private Optional<String> modelOf(GatewayConfig settings, String provider) {
        RouteConfig meant = target == null ? null : settings.routes().get(target);
        return Stream.concat(Stream.ofNullable(meant), new TreeMap<>(settings.routes()).values().stream())
                .flatMap(DoctorCommand::targets)
                .filter(each ->
                        each.provider().equals(provider) && !each.model().isEmpty())
                .map(RouteConfig.TargetConfig::model)
                .findFirst();
    }

    private static Stream<RouteConfig.TargetConfig> targets(RouteConfig route) {
        return Stream.concat(route.targets().stream(), route.longer().stream());
    }
}
