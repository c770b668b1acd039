package dev.backstay.testkit;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text in answers, without a parser: what stands behind {@code "content":} and {@code "arguments":}, in the order of the bytes. */
final class Contents {

    private static final Pattern TEXT =
            Pattern.compile("\"(?:content|arguments|text)\"\\s*:\\s*\"([^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+)\"");

    private Contents() {}

    static String of(String body) {
        StringBuilder all = new StringBuilder();
        Matcher texts = TEXT.matcher(body);
        while (texts.find()) {
            all.append(texts.group(1));
        }
        return all.toString();
    }
}
