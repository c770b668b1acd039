package dev.backstay.wire;

import java.util.Map;
import java.util.Optional;

/** The headers of an answer, whatever library holds them. */
@FunctionalInterface
public interface Headers {

    /** No headers at all. */
    Headers NONE = name -> Optional.empty();

    /** The first value of this header. Names are looked up in any case. */
    Optional<String> first(String name);

    /** The headers of a map whose keys are in lower case. */
    static Headers of(Map<String, String> lowerCase) {
        return name -> Optional.ofNullable(lowerCase.get(name));
    }
}
