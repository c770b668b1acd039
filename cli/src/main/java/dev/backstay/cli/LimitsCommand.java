package dev.backstay.cli;

import dev.backstay.fireworks.FireworksClient;
import dev.backstay.fireworks.Limits;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What the account may use. */
@Command(
        name = "limits",
        description = "What the account may use: serverless rate limits as they have grown, and quotas.",
        mixinStandardHelpOptions = true)
final class LimitsCommand implements Callable<Integer> {

    @Mixin
    private FireworksDoor door = new FireworksDoor();

    @Override
    public Integer call() throws Exception {
        try (FireworksClient client = door.open()) {
            List<Limits.RateLimit> rates = client.limits().rates();
            List<Limits.Quota> quotas = client.limits().quotas();
            door.checkClock(client);
            StringBuilder text = new StringBuilder("Tokens per minute, serverless\n");
            rates.forEach(each -> text.append(String.format(
                    Locale.ROOT, "  %-44s %-18s %,15.0f%n", each.model(), each.what(), each.perMinute())));
            text.append("Quotas\n");
            quotas.forEach(each -> text.append(String.format(
                    Locale.ROOT,
                    "  %-44s %,12.2f of %,d (can be raised to %,d)%n",
                    each.id(),
                    each.usage(),
                    each.value(),
                    each.most())));
            return door.print(Map.of("rates", rates, "quotas", quotas), text.toString());
        }
    }
}
