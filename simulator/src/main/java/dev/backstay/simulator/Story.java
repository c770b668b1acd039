package dev.backstay.simulator;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What goes wrong when. Reads like a story:
 *
 * <pre>
 *   until 60s: fail 30% with 503, 2% with cut
 *   until 120s: silence
 *   then: healthy
 * </pre>
 *
 * <p>A chapter is {@code healthy}, {@code silence}, or {@code fail P% with FAULT, P% with FAULT …} where the faults are the
 * words of {@link Fault.Kind} or a status. Time counts from the start of the simulator. Immutable.
 */
public final class Story {

    /** Chapters a story may have. */
    public static final int CHAPTERS_LIMIT = 1_000;

    /** Nothing ever goes wrong. */
    public static final Story HEALTHY = new Story(List.of(new Chapter(Long.MAX_VALUE, List.of())));

    private static final Pattern UNTIL = Pattern.compile("until\\s+(\\d+(?:\\.\\d+)?)\\s*(ms|s|m|h)");
    private static final Pattern ODDS = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*%\\s+with\\s+(\\S+)");

    private record Odds(double probability, Fault fault) {}

    private record Chapter(long untilNanos, List<Odds> odds) {}

    private final List<Chapter> chapters;

    private Story(List<Chapter> chapters) {
        this.chapters = List.copyOf(chapters);
    }

    /** The story that these lines tell, each {@code until TIME: CHAPTER} or {@code then: CHAPTER}. */
    public static Story of(String... lines) {
        return parse(List.of(lines));
    }

    /**
     * The story that these lines tell.
     *
     * @throws IllegalArgumentException quoting the line that is not understood, with what would be
     */
    public static Story parse(List<String> lines) {
        if (lines.isEmpty() || lines.size() > CHAPTERS_LIMIT) {
            throw new IllegalArgumentException("a story has 1 to " + CHAPTERS_LIMIT + " chapters, not " + lines.size());
        }
        List<Chapter> chapters = new ArrayList<>();
        long before = 0;
        for (String line : lines) {
            int colon = line.indexOf(':');
            if (colon < 0) {
                throw notUnderstood(line, "expected 'until TIME: …' or 'then: …'");
            }
            long until = until(line.substring(0, colon).strip(), line);
            if (until <= before) {
                throw notUnderstood(line, "it must end later than the chapter before it");
            }
            chapters.add(new Chapter(until, odds(line.substring(colon + 1).strip(), line)));
            before = until;
        }
        if (before != Long.MAX_VALUE) {
            chapters.add(new Chapter(Long.MAX_VALUE, List.of()));
        }
        return new Story(chapters);
    }

    /**
     * The same story from this moment on, which becomes its beginning.
     *
     * @param time as in a chapter: {@code 2m}
     * @throws IllegalArgumentException if it is no time
     */
    public Story from(String time) {
        long passed = until("until " + time.strip(), time);
        return new Story(chapters.stream()
                .filter(chapter -> chapter.untilNanos > passed)
                .map(chapter -> chapter.untilNanos == Long.MAX_VALUE
                        ? chapter
                        : new Chapter(chapter.untilNanos - passed, chapter.odds))
                .toList());
    }

    /** What happens to an attempt that comes now. Draws once. */
    public Fault faultAt(long nowNanos, RandomGenerator random) {
        double draw = random.nextDouble();
        for (Odds odds : chapterAt(nowNanos).odds) {
            draw -= odds.probability;
            if (draw < 0) {
                return odds.fault;
            }
        }
        return Fault.NONE;
    }

    /** The share of connections that are refused now, so that a server can really refuse them. */
    public double refusedShare(long nowNanos) {
        return chapterAt(nowNanos).odds.stream()
                .filter(odds -> odds.fault.isRefusal())
                .mapToDouble(Odds::probability)
                .sum();
    }

    /** When an attempt has a chance again: now, or the end of the chapters in which everything fails. */
    public long hopeNanos(long nowNanos) {
        long from = nowNanos;
        for (Chapter chapter : chapters) {
            if (from < chapter.untilNanos) {
                double sum =
                        chapter.odds.stream().mapToDouble(Odds::probability).sum();
                if (sum < 1 - 1e-9) {
                    return from;
                }
                from = chapter.untilNanos;
            }
        }
        return Long.MAX_VALUE;
    }

    /** Whether connections ever fail, so that a server should not keep them alive past their fate. */
    public boolean hasConnectionFaults() {
        return chapters.stream()
                .flatMap(chapter -> chapter.odds.stream())
                .anyMatch(odds -> odds.fault.kind().stage() == Fault.Stage.CONNECTION);
    }

    private Chapter chapterAt(long nowNanos) {
        for (Chapter chapter : chapters) {
            if (nowNanos < chapter.untilNanos) {
                return chapter;
            }
        }
        return chapters.get(chapters.size() - 1);
    }

    private static long until(String text, String line) {
        if (text.equals("then")) {
            return Long.MAX_VALUE;
        }
        Matcher matcher = UNTIL.matcher(text);
        if (!matcher.matches()) {
            throw notUnderstood(line, "expected 'until 90s', 'until 1.5m' or 'then' before the colon");
        }
        double unit = switch (matcher.group(2)) {
            case "ms" -> 1e6;
            case "s" -> 1e9;
            case "m" -> 60e9;
            default -> Duration.ofHours(1).toNanos();
        };
        return (long) (Double.parseDouble(matcher.group(1)) * unit);
    }

    private static List<Odds> odds(String chapter, String line) {
        if (chapter.equals("healthy")) {
            return List.of();
        }
        if (chapter.equals("silence")) {
            return List.of(new Odds(1, new Fault(Fault.Kind.SILENCE, 0)));
        }
        if (!chapter.startsWith("fail ")) {
            throw notUnderstood(line, "expected 'healthy', 'silence' or 'fail 30% with 503, 2% with cut'");
        }
        List<Odds> odds = new ArrayList<>();
        double sum = 0;
        for (String part : chapter.substring(5).split(",")) {
            Matcher matcher = ODDS.matcher(part.strip());
            if (!matcher.matches()) {
                throw notUnderstood(line, "expected '30% with 503' instead of '" + part.strip() + "'");
            }
            String word = matcher.group(2);
            Fault fault = Fault.named(word)
                    .orElseThrow(
                            () -> notUnderstood(line, "there is no fault '" + word + "'; there is: " + Fault.words()));
            double probability = Double.parseDouble(matcher.group(1)) / 100;
            sum += probability;
            odds.add(new Odds(probability, fault));
        }
        if (sum > 1 + 1e-9) {
            throw notUnderstood(line, "its faults add up to " + Math.round(sum * 100) + "%");
        }
        return List.copyOf(odds);
    }

    private static IllegalArgumentException notUnderstood(String line, String why) {
        return new IllegalArgumentException("story line '" + line + "': " + why);
    }
}
