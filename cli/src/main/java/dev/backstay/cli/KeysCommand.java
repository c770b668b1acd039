package dev.backstay.cli;

import dev.backstay.gateway.keys.CallerKey;
import dev.backstay.gateway.keys.KeyFile;
import dev.backstay.gateway.keys.KeyLimits;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The keys that callers of a gateway need. A gateway that runs takes over what changes here within a second. */
@Command(
        name = "keys",
        description = "Makes, lists and revokes the keys that callers of a gateway need.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {KeysCommand.Create.class, KeysCommand.Show.class, KeysCommand.Revoke.class})
final class KeysCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /** Which file. */
    static final class File {
        @Option(
                names = "--file",
                paramLabel = "FILE",
                defaultValue = "keys.yaml",
                description = "The file of keys, as `keys` in backstay.yaml names it. Default: keys.yaml")
        private Path path;
    }

    /** What a key may. */
    static final class Limits {
        @Option(names = "--requests-per-minute", paramLabel = "N", description = "Calls begun a minute.")
        private @Nullable Long requestsPerMinute;

        @Option(
                names = "--tokens-per-minute",
                paramLabel = "N",
                description = "Tokens of prompts and answers a minute.")
        private @Nullable Long tokensPerMinute;

        @Option(names = "--tokens-per-day", paramLabel = "N", description = "The same a day, from midnight UTC.")
        private @Nullable Long tokensPerDay;

        @Option(names = "--concurrent", paramLabel = "N", description = "Calls at the same time.")
        private @Nullable Long concurrent;

        @Option(
                names = "--priority",
                paramLabel = "WORD",
                description = "At most: critical, default, sheddable or batch.")
        private @Nullable String priority;

        @Option(
                names = "--model",
                paramLabel = "NAME",
                description = "A model it may use, or the beginning of names and *. Again for more. Default: all.")
        private @Nullable List<String> models;

        private KeyLimits limits() {
            return new KeyLimits(requestsPerMinute, tokensPerMinute, tokensPerDay, concurrent, priority, models);
        }
    }

    @Command(
            name = "create",
            description = "Makes a key and prints it: the only time that it is seen. The file has its hash.",
            mixinStandardHelpOptions = true)
    static final class Create implements Callable<Integer> {
        @CommandLine.Mixin
        private File file = new File();

        @CommandLine.Mixin
        private Limits limits = new Limits();

        @Option(names = "--name", required = true, paramLabel = "NAME", description = "Whose it is.")
        private String name;

        @Option(names = "--quiet", description = "Prints the key and nothing else.")
        private boolean quiet;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            CallerKey.Made made = CallerKey.make(
                    name, limits.limits(), Instant.now().truncatedTo(ChronoUnit.SECONDS), new SecureRandom());
            List<CallerKey> keys = new ArrayList<>(KeyFile.readIfThere(file.path));
            keys.add(made.key());
            KeyFile.write(file.path, keys);
            PrintWriter out = spec.commandLine().getOut();
            out.println(made.token());
            if (!quiet) {
                out.println("This is key " + made.key().id() + " of " + name
                        + ". It is not shown again; callers send it as Authorization: Bearer …");
            }
            out.flush();
            return 0;
        }
    }

    @Command(name = "list", description = "Lists the keys, without their secrets.", mixinStandardHelpOptions = true)
    static final class Show implements Callable<Integer> {
        @CommandLine.Mixin
        private File file = new File();

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            PrintWriter out = spec.commandLine().getOut();
            for (CallerKey key : KeyFile.read(file.path)) {
                out.println(String.format(
                        Locale.ROOT, "%s  %s  %-24s %s", key.id(), key.created(), key.name(), words(key.limits())));
            }
            out.flush();
            return 0;
        }

        private static String words(KeyLimits limits) {
            List<String> words = new ArrayList<>();
            add(words, limits.requestsPerMinute(), "requests/min");
            add(words, limits.tokensPerMinute(), "tokens/min");
            add(words, limits.tokensPerDay(), "tokens/day");
            add(words, limits.concurrent(), "at once");
            if (limits.priority() != null) {
                words.add("priority " + limits.priority());
            }
            if (limits.models() != null) {
                words.add("models " + String.join(" ", limits.models()));
            }
            return words.isEmpty() ? "no limits" : String.join(", ", words);
        }

        private static void add(List<String> words, @Nullable Long limit, String of) {
            if (limit != null) {
                words.add(String.format(Locale.ROOT, "%,d %s", limit, of));
            }
        }
    }

    @Command(name = "revoke", description = "Revokes a key.", mixinStandardHelpOptions = true)
    static final class Revoke implements Callable<Integer> {
        @CommandLine.Mixin
        private File file = new File();

        @Parameters(paramLabel = "ID", description = "Its id, as `list` shows it.")
        private String id;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            List<CallerKey> keys = new ArrayList<>(KeyFile.read(file.path));
            if (!keys.removeIf(key -> key.id().equals(id))) {
                throw new IllegalArgumentException("there is no key " + id + " in " + file.path);
            }
            KeyFile.write(file.path, keys);
            spec.commandLine().getOut().println("Key " + id + " is revoked.");
            spec.commandLine().getOut().flush();
            return 0;
        }
    }
}
