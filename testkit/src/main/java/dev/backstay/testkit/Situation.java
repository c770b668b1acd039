package dev.backstay.testkit;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A situation from a bug report of the field, as a scripted API and a request, and what the caller must get through Backstay: never less
 * than directly.
 *
 * @param id its name in the table of cases
 * @param what what the API does, and where it was reported
 * @param path below the base URL
 * @param headers the request's, as {@code name: value}
 * @param body the request's
 * @param api what the API does with each request
 * @param content the text of the answer that the caller must get; empty where there is none
 * @param ends how the answer must end
 * @param asked how often the API may be asked
 * @param silentDirectly whether there is nothing to compare: a client without Backstay would wait for ever, or for another minute
 */
public record Situation(
        String id,
        String what,
        String path,
        List<String> headers,
        String body,
        RawServer.Script api,
        String content,
        Ends ends,
        int asked,
        boolean silentDirectly) {

    private static final int MOST_TOLD = 1_000;

    /** How an answer ends. */
    public enum Ends {
        /** Whole, as HTTP and its own end marker say. */
        WHOLE,
        /** With a visible error. */
        ERROR
    }

    /** What a caller got. */
    public record Got(int status, String body, boolean clean) {

        /** The text of the answer, streamed or not, all choices one after the other. */
        public String content() {
            return Contents.of(body);
        }

        /** Whether it looks whole to a client. */
        public boolean whole() {
            return clean && status / 100 == 2 && !body.contains("\"error\":{\"message\":\"Backstay");
        }
    }

    /** Whether a stream is asked for. */
    public boolean streamed() {
        return body.replace(" ", "").contains("\"stream\":true");
    }

    /**
     * What is wrong with what a caller got through Backstay, in words; nothing if it is no less than directly.
     *
     * @param api the one that Backstay asked and nobody else, which is asked once more
     */
    public List<String> shortcomings(Got got, RawServer api) throws IOException, InterruptedException {
        List<String> found = new ArrayList<>();
        int requests = api.requests().size();
        if (requests > asked) {
            found.add("it was asked " + requests + " times and not " + asked);
        }
        if (!got.content().equals(content)) {
            found.add("the text is '" + brief(got.content()) + "' and not '" + brief(content) + "': "
                    + brief(got.body()));
        }
        if (got.whole() != (ends == Ends.WHOLE)) {
            found.add("it does not end " + ends + ": " + brief(got.body()));
        }
        if (!silentDirectly) {
            Got direct = Direct.ask(api.baseUrl(), this);
            if (!got.content().equals(direct.content())) {
                found.add("directly, the text is another");
            }
            if (direct.status() > 299 && got.status() < 300) {
                found.add("directly, the status is " + direct.status());
            }
        }
        return found;
    }

    private static String brief(String text) {
        return text.length() <= MOST_TOLD ? text : text.substring(0, MOST_TOLD) + "… (" + text.length() + ")";
    }

    /** All that take a moment. */
    public static List<Situation> all() {
        return Situations.all();
    }

    /** Those that take more than a minute each, because somebody healthy is slow. */
    static List<Situation> slow() {
        return SlowAnswers.all();
    }

    /** How these situations are asked. */
    public interface Asking {
        /** The shortcomings of what it gets. */
        List<String> shortcomings(Situation situation) throws Exception;
    }

    /** Plays all slow ones at the same time, and says what is wrong with each that has shortcomings. */
    public static Map<String, List<String>> playSlow(Asking asking) throws InterruptedException {
        Map<String, List<String>> found = new ConcurrentHashMap<>();
        List<Thread> playing = new ArrayList<>();
        for (Situation each : slow()) {
            Thread thread = new Thread(
                    () -> {
                        try {
                            found.put(each.toString(), asking.shortcomings(each));
                        } catch (Exception failed) {
                            found.put(each.toString(), List.of(failed.toString()));
                        }
                    },
                    each.id());
            playing.add(thread);
            thread.start();
        }
        for (Thread thread : playing) {
            thread.join();
        }
        found.values().removeIf(List::isEmpty);
        return found;
    }

    @Override
    public String toString() {
        return id + ": " + what;
    }
}
