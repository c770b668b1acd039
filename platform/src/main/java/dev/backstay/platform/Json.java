package dev.backstay.platform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;

/** The few things that answers in protobuf's JSON need. */
final class Json {

    /** Rows of one page, unless asked for fewer or more. */
    private static final int PAGE = 50;

    private static final int LARGEST_PAGE = 200;

    static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /** The body as an object; empty if it is none. */
    static ObjectNode read(byte[] body) {
        try {
            return body.length > 0 && MAPPER.readTree(body) instanceof ObjectNode read ? read : object();
        } catch (IOException notJson) {
            return object();
        }
    }

    /** One page of a list: rows, the token of the next page, and how many there are. */
    static <T> PlatformAnswer page(String plural, List<T> rows, Function<T, JsonNode> row, PlatformRequest request) {
        String token = request.parameter("pageToken");
        String asked = request.parameter("pageSize");
        if (!token.isEmpty() && !token.matches("\\d{1,9}") || !asked.isEmpty() && !asked.matches("\\d{1,9}")) {
            return PlatformAnswer.invalid("page token or size is not valid");
        }
        int from = token.isEmpty() ? 0 : Integer.parseInt(token);
        int size = asked.isEmpty() ? PAGE : Math.max(1, Math.min(LARGEST_PAGE, Integer.parseInt(asked)));
        int to = Math.min(rows.size(), from + size);
        ObjectNode body = object();
        for (int i = from; i < to; i++) {
            body.withArray(plural).add(row.apply(rows.get(i)));
        }
        body.withArray(plural);
        body.put("nextPageToken", to < rows.size() ? Integer.toString(to) : "").put("totalSize", rows.size());
        return PlatformAnswer.of(body);
    }

    /** Writes the fields of {@code changes} that the mask names; without a mask all others go back to what they were made of. */
    static void patch(ObjectNode resource, ObjectNode changes, String mask, List<String> mutable) {
        if (mask.isEmpty()) {
            mutable.forEach(resource::remove);
            resource.setAll(changes);
            return;
        }
        for (String path : mask.split(",", -1)) {
            String[] parts = camel(path).split("\\.", -1);
            ObjectNode into = resource;
            JsonNode from = changes;
            for (int i = 0; i < parts.length - 1; i++) {
                into = into.withObject("/" + parts[i]);
                from = from.path(parts[i]);
            }
            String last = parts[parts.length - 1];
            if (from.has(last)) {
                into.set(last, from.get(last));
            } else {
                into.remove(last);
            }
        }
    }

    private static String camel(String snake) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < snake.length(); i++) {
            char c = snake.charAt(i);
            if (c == '_' && i + 1 < snake.length()) {
                text.append(Character.toUpperCase(snake.charAt(++i)));
            } else {
                text.append(c);
            }
        }
        return text.toString();
    }
}
