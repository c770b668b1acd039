package dev.backstay.gateway;

import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;

/**
 * A set of header names that are the same in any case. Asking it allocates nothing: names are first told apart by their length.
 *
 * <p>Immutable.
 */
final class HeaderNames {

    private static final int LONGEST = 64;

    private final String[][] byLength = new String[LONGEST + 1][];

    private HeaderNames(List<String> names) {
        for (String name : names) {
            String[] before = byLength[name.length()];
            List<String> all = new ArrayList<>(before == null ? List.of() : List.of(before));
            all.add(name);
            byLength[name.length()] = all.toArray(String[]::new);
        }
    }

    /** These names, each of at most {@value #LONGEST} characters. */
    static HeaderNames of(List<String> names) {
        return new HeaderNames(names);
    }

    boolean contains(CharSequence name) {
        String[] candidates = name.length() > LONGEST ? null : byLength[name.length()];
        if (candidates == null) {
            return false;
        }
        for (String candidate : candidates) {
            if (AsciiString.contentEqualsIgnoreCase(candidate, name)) {
                return true;
            }
        }
        return false;
    }
}
