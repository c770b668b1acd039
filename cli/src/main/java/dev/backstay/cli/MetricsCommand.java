package dev.backstay.cli;

import dev.backstay.fireworks.ExportedMetrics;
import dev.backstay.fireworks.FireworksClient;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the infrastructure saw. */
@Command(
        name = "metrics",
        description =
                "What the infrastructure saw of the deployments in the last minute. Rates are per second already.",
        mixinStandardHelpOptions = true)
final class MetricsCommand implements Callable<Integer> {

    @Mixin
    private FireworksDoor door = new FireworksDoor();

    @Option(names = "--deployment", paramLabel = "ID", description = "Only of this one.")
    private String deployment = "";

    @Override
    public Integer call() throws Exception {
        try (FireworksClient client = door.open()) {
            List<ExportedMetrics.Sample> samples = client.metrics().samples().stream()
                    .filter(each -> deployment.isEmpty()
                            || deployment.equals(each.labels().get("deployment_id")))
                    .toList();
            String text = samples.stream()
                    .map(each -> String.format(
                            Locale.ROOT,
                            "%-56s %12.4f  %s%s",
                            each.name(),
                            each.value(),
                            each.labels().getOrDefault("deployment_id", ""),
                            each.labels().containsKey("http_code")
                                    ? " HTTP " + each.labels().get("http_code")
                                    : ""))
                    .collect(Collectors.joining("\n"));
            return door.print(
                    samples, samples.isEmpty() ? "no samples: there are only some for dedicated deployments" : text);
        }
    }
}
