package dev.backstay.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import dev.backstay.fireworks.BatchRows;
import dev.backstay.fireworks.FireworksException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Comparator;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** Errors as one line that says what was expected, what was seen and what to do. */
final class Errors {

    private Errors() {}

    static int wrongCommandLine(CommandLine.ParameterException wrong, String[] args) {
        CommandLine command = wrong.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        command.getErr()
                .println("backstay: " + firstLine(wrong.getMessage()) + suggestion(wrong) + " (see: " + name
                        + " --help)");
        return command.getCommandSpec().exitCodeOnInvalidInput();
    }

    private static String suggestion(CommandLine.ParameterException wrong) {
        if (!(wrong instanceof CommandLine.UnmatchedArgumentException unmatched)) {
            return "";
        }
        return unmatched.getSuggestions().stream()
                .findFirst()
                .map(nearest -> "; did you mean '" + nearest + "'?")
                .orElse("");
    }

    static int failed(Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
        command.getErr().println("backstay: " + describe(failure));
        return command.getCommandSpec().exitCodeOnExecutionException();
    }

    /** What to tell a person about this. */
    static String describe(Throwable failure) {
        if (failure instanceof UnrecognizedPropertyException unknown) {
            return unknownKey(unknown);
        }
        if (failure instanceof FireworksException || failure instanceof BatchRows.BadRows) {
            return String.valueOf(failure.getMessage());
        }
        if (failure instanceof UncheckedIOException unchecked) {
            return describe(Objects.requireNonNull(unchecked.getCause()));
        }
        if (failure instanceof JsonMappingException wrong
                && wrong.getCause() instanceof IllegalArgumentException rule) {
            return String.valueOf(rule.getMessage());
        }
        if (failure instanceof JsonProcessingException broken) {
            String where = broken.getLocation() == null
                    ? ""
                    : " (line " + broken.getLocation().getLineNr() + ")";
            return "the file is not as expected" + where + ": " + firstLine(broken.getOriginalMessage());
        }
        if (failure instanceof BindException) {
            return failure.getMessage() + "; choose another address with --listen, or stop the program that uses it";
        }
        if (failure instanceof NoSuchFileException) {
            return "there is no file " + failure.getMessage();
        }
        if (failure instanceof AccessDeniedException) {
            return "the file " + failure.getMessage() + " may not be read or written";
        }
        if (failure instanceof CharacterCodingException) {
            return "the file is not UTF-8 text";
        }
        if (failure instanceof IllegalArgumentException || failure instanceof IOException) {
            return firstLine(failure.getMessage());
        }
        return "this should not have happened: " + failure + "; please report it";
    }

    private static String unknownKey(UnrecognizedPropertyException unknown) {
        String key = unknown.getPropertyName();
        String nearest = unknown.getKnownPropertyIds().stream()
                .map(String::valueOf)
                .min(Comparator.comparing(
                        known -> LevenshteinDistance.getDefaultInstance().apply(known, key)))
                .map(known -> "; did you mean '" + known + "'?")
                .orElse("");
        String known = unknown.getKnownPropertyIds().stream()
                .map(String::valueOf)
                .sorted()
                .collect(Collectors.joining(", "));
        int line = unknown.getLocation() == null ? 0 : unknown.getLocation().getLineNr();
        return "unknown key '" + key + "' in line " + line + nearest + " Known here: " + known;
    }

    private static String firstLine(@Nullable String message) {
        return message == null ? "no reason given" : message.lines().findFirst().orElse("");
    }
}
