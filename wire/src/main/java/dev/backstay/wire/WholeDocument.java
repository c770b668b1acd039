package dev.backstay.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/** Whether bytes are one whole JSON document. A status of 200 alone proves nothing: proxies send pages with it. */
public final class WholeDocument {

    private WholeDocument() {}

    /** Whether these bytes are one JSON document, from its first to its last bracket. */
    public static boolean isJson(byte[] bytes) {
        try (JsonParser parser = Json.FACTORY.createParser(bytes)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                return false;
            }
            parser.skipChildren();
            return parser.nextToken() == null;
        } catch (IOException broken) {
            return false;
        }
    }
}
