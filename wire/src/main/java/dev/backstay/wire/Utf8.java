package dev.backstay.wire;

import java.util.Arrays;

/**
 * Bytes that should be UTF-8, made so for the JSON parser, which refuses others where every client shows U+FFFD: models emit half of an
 * emoji (llama.cpp#28926). What callers get is not touched.
 */
final class Utf8 {

    private Utf8() {}

    /**
     * Puts a question mark in place of each byte that is no part of a character.
     *
     * @return where a character begins whose rest may still come, or {@code length}
     */
    static int repair(byte[] bytes, int length) {
        int at = 0;
        while (true) {
            while (at < length && bytes[at] >= 0) {
                at++;
            }
            if (at == length) {
                return length;
            }
            int size = size(bytes[at] & 0xff);
            int end = at + 1;
            while (end < length && end < at + size && (bytes[end] & 0xc0) == 0x80) {
                end++;
            }
            if (end - at < size && end == length) {
                return at;
            }
            if (end - at != size) {
                Arrays.fill(bytes, at, end, (byte) '?');
            }
            at = end;
        }
    }

    /** How many bytes a character has that begins like this; 0 if none does. */
    private static int size(int first) {
        if (first >= 0xc2 && first <= 0xdf) {
            return 2;
        } else if (first >= 0xe0 && first <= 0xef) {
            return 3;
        } else if (first >= 0xf0 && first <= 0xf4) {
            return 4;
        }
        return 0;
    }
}
