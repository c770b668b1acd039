package dev.backstay.cli;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** How commands print: for people, or for programs. */
final class Output {

    private static final JsonMapper JSON = JsonMapper.builder()
            .addModule(new Jdk8Module())
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();

    @Option(names = "--json", scope = ScopeType.INHERIT, description = "Print what programs can read.")
    private boolean json;

    @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
    private CommandLine.Model.@Nullable CommandSpec spec;

    private CommandLine command() {
        return Objects.requireNonNull(spec).commandLine();
    }

    /** Prints a result: as text for people, or as it is for programs. */
    int print(Object result, String text, int exitCode) throws IOException {
        PrintWriter out = command().getOut();
        out.println(json ? JSON.writeValueAsString(result) : text.stripTrailing());
        out.flush();
        if (out.checkError()) {
            throw new IOException("the output could not be written; is the disk full, or the pipe closed?");
        }
        return exitCode;
    }

    /** Prints for people while it happens; programs get everything at the end. */
    void tell(String line) {
        if (!json) {
            PrintWriter out = command().getOut();
            out.println(line);
            out.flush();
        }
    }

    /** Prints for programs what people have been {@linkplain #tell told}. */
    int printIfJson(Object result, int exitCode) throws IOException {
        return json ? print(result, "", exitCode) : exitCode;
    }

    /** Says something that is no result. */
    void say(String what) {
        PrintWriter err = command().getErr();
        err.println("backstay: " + what);
        err.flush();
    }
}
