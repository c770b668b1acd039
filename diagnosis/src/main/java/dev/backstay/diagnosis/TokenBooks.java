package dev.backstay.diagnosis;

import dev.backstay.core.Acknowledged;
import dev.backstay.fireworks.ServerlessUsage;
import dev.backstay.ledger.AttemptTally;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Tokens of serverless models as answers told us, beside those that the provider has metered, on the same days. A day is the finest that
 * it tells, and the last day or two it has not metered whole.
 *
 * <p>An answer that broke has told us nothing, and is metered all the same. So for each attempt that left and told nothing the provider may
 * have up to as much as one that told has on average; that, and 2 %, is the band.
 *
 * <p>Immutable. Made without I/O.
 *
 * @param models each model's books, those with the most tokens first
 * @param ours tokens that we were told
 * @param theirs tokens that it has metered
 * @param silent attempts that left, and told nothing
 * @param band by how many tokens the two may differ
 */
public record TokenBooks(List<Model> models, long ours, long theirs, long silent, double band) {

    private static final double ROUGHLY = 0.02;

    /**
     * The books of one model.
     *
     * @param name its last part, by which the two are matched
     * @param ourPrompt prompt tokens that we were told
     * @param ourCompletion generated tokens that we were told
     * @param theirPrompt prompt tokens that were metered
     * @param theirCompletion generated tokens that were metered
     */
    public record Model(String name, long ourPrompt, long ourCompletion, long theirPrompt, long theirCompletion) {
        private Model and(Model other) {
            return new Model(
                    name,
                    ourPrompt + other.ourPrompt,
                    ourCompletion + other.ourCompletion,
                    theirPrompt + other.theirPrompt,
                    theirCompletion + other.theirCompletion);
        }

        long ours() {
            return ourPrompt + ourCompletion;
        }

        long theirs() {
            return theirPrompt + theirCompletion;
        }
    }

    /** Holds them beside each other; attempts at deployments of one's own are left out. */
    public static TokenBooks of(List<AttemptTally> ours, List<ServerlessUsage.Row> theirs) {
        Map<String, Model> models = new TreeMap<>();
        long told = 0;
        long silent = 0;
        for (AttemptTally row : ours) {
            if (row.model().contains("/deployments/")) {
                continue;
            }
            add(models, new Model(last(row.model()), row.promptTokens(), row.completionTokens(), 0, 0));
            if (row.promptTokens() + row.completionTokens() > 0) {
                told += row.attempts();
            } else if (!row.acknowledged().equals(Acknowledged.NO.label()) && row.status() == 0) {
                silent += row.attempts();
            }
        }
        theirs.forEach(
                row -> add(models, new Model(last(row.model()), 0, 0, row.promptTokens(), row.completionTokens())));
        List<Model> list = models.values().stream()
                .filter(each -> each.ours() + each.theirs() > 0)
                .sorted(Comparator.comparingLong((Model each) -> -Math.max(each.ours(), each.theirs())))
                .toList();
        long sum = list.stream().mapToLong(Model::ours).sum();
        double band = ROUGHLY * sum + (told == 0 ? 0 : (double) sum / told * silent);
        return new TokenBooks(list, sum, list.stream().mapToLong(Model::theirs).sum(), silent, band);
    }

    private static void add(Map<String, Model> models, Model more) {
        models.merge(more.name(), more, Model::and);
    }

    /** Whether two names mean the same model: a caller may leave out whose it is. */
    public static boolean isSame(String model, String other) {
        return last(model).equals(last(other));
    }

    /** The last part of {@code accounts/fireworks/models/kimi-k2}. */
    private static String last(String model) {
        return model.substring(model.lastIndexOf('/') + 1);
    }

    /** Whether it has metered more than our answers can explain: somebody else pays with this account. */
    public boolean isSuspicious() {
        return theirs > ours + band;
    }

    /** What to say of it, in a sentence or two. */
    public String verdict(String provider) {
        if (isSuspicious()) {
            return String.format(
                    Locale.ROOT,
                    "%s metered %,d tokens more than our answers can explain: somebody else uses the account, or another gateway writes"
                            + " to another ledger.",
                    provider,
                    theirs - ours);
        }
        if (theirs < ours * (1 - ROUGHLY)) {
            return String.format(
                    Locale.ROOT,
                    "%s has metered %,d tokens fewer than it told us: its metering lags by a day or more; ask again then.",
                    provider,
                    ours - theirs);
        }
        return String.format(
                Locale.ROOT,
                "The books agree: %s metered %,d tokens, we were told %,d, and %,d attempts that left told nothing.",
                provider,
                theirs,
                ours,
                silent);
    }
}
