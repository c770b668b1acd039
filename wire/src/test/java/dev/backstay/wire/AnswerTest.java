package dev.backstay.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.core.AnswerHabits;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Usage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AnswerTest {

    private static final String ROLE =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"},\"finish_reason\":null}]}\n\n";
    private static final String TOKEN =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"},\"finish_reason\":null}],\"usage\":null}\n\n";
    private static final String FINISH = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],"
            + "\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":2,\"total_tokens\":21,"
            + "\"prompt_tokens_details\":{\"cached_tokens\":7}}}\n\n";
    private static final String DONE = "data: [DONE]\n\n";
    private static final Usage USAGE = new Usage(19, 7, 2);

    @Test
    void a_stream_is_complete_with_done() {
        Answer answer = chat(ROLE + TOKEN + FINISH + DONE);
        assertThat(answer.outcome()).contains(new Outcome.Completed(USAGE));
        assertThat(answer.releasable()).isEqualTo((ROLE + TOKEN + FINISH + DONE).length());
    }

    @Test
    void a_role_alone_is_no_first_token() {
        Answer answer = chat(ROLE);
        assertThat(answer.started()).isFalse();
        assertThat(answer.phase()).isEqualTo(Phase.AWAITING);
        read(answer, TOKEN);
        assertThat(answer.started()).isTrue();
    }

    @Test
    void a_stream_that_ends_with_a_finish_reason_is_complete_without_done() {
        Answer answer = chat(ROLE + TOKEN + FINISH);
        assertThat(answer.outcome()).isEmpty();
        answer.end();
        assertThat(answer.outcome()).contains(new Outcome.Completed(USAGE));
    }

    @Test
    void a_stream_that_just_ends_is_truncated_wherever_it_ends() {
        String whole = ROLE + TOKEN + TOKEN + FINISH + DONE;
        int finished = (ROLE + TOKEN + TOKEN + FINISH).length();
        for (int cut = 0; cut < finished; cut++) {
            Answer answer = chat(whole.substring(0, cut));
            answer.end();
            assertThat(kind(answer)).as("cut at %d", cut).isEqualTo(FailureKind.STREAM_TRUNCATED);
            assertThat(whole.substring(0, (int) answer.releasable())).matches("(?s)(data: .*\n\n)*");
        }
    }

    @Test
    void every_choice_must_finish() {
        Answer answer = chat("data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"x\"}}]}\n\n" + FINISH);
        answer.end();
        assertThat(kind(answer)).isEqualTo(FailureKind.STREAM_TRUNCATED);
    }

    @Test
    void an_error_inside_a_stream_is_a_failure_and_is_not_passed_on() {
        Answer first = chat("data: {\"error\":{\"message\":\"boom\",\"code\":\"internal\"}}\n\n");
        assertThat(kind(first)).isEqualTo(FailureKind.STREAM_ERROR);
        assertThat(first.started()).isFalse();
        Answer later = chat(ROLE + TOKEN + "data: {\"error\":\"boom\"}\n\n" + DONE);
        assertThat(kind(later)).isEqualTo(FailureKind.STREAM_ERROR);
        assertThat(later.releasable()).isEqualTo((ROLE + TOKEN).length());
    }

    @Test
    void a_relay_leaves_out_junk_if_the_server_counted_no_more_tokens_than_came() {
        String junk = "data: {\"choices\":[{\"del\n\n";
        String whole = ROLE + TOKEN + junk + TOKEN + FINISH + DONE;
        Answer answer = relayed(true);
        read(answer, whole.substring(0, whole.length() - 3));
        assertThat(answer.releasable()).as("until that is known").isEqualTo((ROLE + TOKEN).length());
        assertThat(answer.text()).contains("Hel");
        read(answer, whole.substring(whole.length() - 3));
        assertThat(answer.outcome()).contains(new Outcome.Completed(USAGE));
        int from = (ROLE + TOKEN).length();
        assertThat(answer.gaps()).containsExactly(new Answer.Gap(from, from + junk.length()));
        assertThat(answer.releasable()).isEqualTo(whole.length());
    }

    @Test
    void a_relay_fails_where_the_junk_was_a_token() {
        Answer answer = relayed(false);
        read(answer, ROLE + TOKEN + "data: {\"choices\":[{\"del\n\n" + FINISH + DONE);
        assertThat(kind(answer)).isEqualTo(FailureKind.MALFORMED_ANSWER);
        assertThat(answer.releasable()).isEqualTo((ROLE + TOKEN).length());
    }

    @Test
    void a_finished_stream_lacks_only_its_last_word() {
        Answer answer = relayed(false);
        read(answer, ROLE + TOKEN);
        assertThat(answer.finished()).isFalse();
        read(answer, FINISH);
        assertThat(answer.finished()).isTrue();
        assertThat(answer.saidSo()).isFalse();
        read(answer, DONE);
        assertThat(answer.saidSo()).isTrue();
    }

    @Test
    void an_event_that_is_not_json_breaks_the_stream() {
        Answer answer = chat(ROLE + TOKEN + "data: {\"choices\":[{\"del\n\n" + FINISH + DONE);
        assertThat(kind(answer)).isEqualTo(FailureKind.MALFORMED_ANSWER);
        assertThat(answer.releasable()).isEqualTo((ROLE + TOKEN).length());
    }

    @Test
    void comments_are_passed_on_but_are_no_progress() {
        Answer answer = chat(ROLE + TOKEN);
        long before = answer.progress();
        read(answer, ": ping\n\n");
        assertThat(answer.progress()).isEqualTo(before);
        assertThat(answer.releasable()).isEqualTo((ROLE + TOKEN + ": ping\n\n").length());
    }

    @Test
    void tool_calls_and_reasoning_are_content() {
        assertThat(chat("data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"1\"}]}}]}\n\n")
                        .started())
                .isTrue();
        assertThat(chat("data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n")
                        .started())
                .isTrue();
        assertThat(chat("data: {\"choices\":[{\"delta\":{\"content\":\"\",\"tool_calls\":[]}}]}\n\n")
                        .started())
                .isFalse();
    }

    @Test
    void anthropic_messages_end_with_message_stop() {
        Answer answer = streamed(Endpoint.MESSAGES);
        read(
                answer,
                "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"type\":\"message\",\"usage\":"
                        + "{\"input_tokens\":25,\"output_tokens\":1}}}\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\n");
        assertThat(answer.started()).isFalse();
        read(
                answer,
                "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n");
        assertThat(answer.started()).isTrue();
        read(answer, "data: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":15}}\n\n");
        read(answer, "data: {\"type\":\"message_stop\"}\n\n");
        assertThat(answer.outcome()).contains(new Outcome.Completed(new Usage(25, 0, 15)));
    }

    @Test
    void anthropic_errors_are_errors() {
        Answer answer = streamed(Endpoint.MESSAGES);
        read(
                answer,
                "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}\n\n");
        assertThat(kind(answer)).isEqualTo(FailureKind.OVERLOADED);
    }

    @Test
    void responses_end_with_a_typed_event() {
        Answer answer = streamed(Endpoint.RESPONSES);
        read(answer, "data: {\"type\":\"response.created\",\"response\":{\"error\":null,\"usage\":null}}\n\n");
        assertThat(answer.started()).isFalse();
        read(answer, "data: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi\"}\n\n");
        read(
                answer,
                "data: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":3,"
                        + "\"input_tokens_details\":{\"cached_tokens\":1},\"output_tokens\":9}}}\n\n");
        assertThat(answer.outcome()).contains(new Outcome.Completed(new Usage(3, 1, 9)));
    }

    @Test
    void half_a_document_is_held_back_and_is_no_answer() {
        String whole = "{\"id\":\"1\",\"choices\":[{\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}],"
                + "\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":2,\"prompt_tokens_details\":{\"cached_tokens\":7}}}";
        for (int cut = 0; cut < whole.length(); cut++) {
            Answer answer = whole(whole.substring(0, cut));
            assertThat(answer.releasable()).isZero();
            assertThat(kind(answer)).as("cut at %d", cut).isEqualTo(FailureKind.STREAM_TRUNCATED);
        }
        Answer answer = whole(whole);
        assertThat(answer.outcome()).contains(new Outcome.Completed(USAGE));
        assertThat(answer.releasable()).isEqualTo(whole.length());
    }

    @Test
    void an_error_in_a_200_is_an_error() {
        assertThat(kind(whole("{\"error\":{\"message\":\"overloaded\"}}"))).isEqualTo(FailureKind.STREAM_ERROR);
        assertThat(whole("{\"error\":null,\"id\":\"resp_1\"}").outcome()).contains(Outcome.Completed.UNCOUNTED);
    }

    @Test
    void a_page_with_status_200_is_no_answer() {
        assertThat(kind(whole("<html>hello</html>"))).isEqualTo(FailureKind.MALFORMED_ANSWER);
    }

    @Test
    void a_document_too_large_to_hold_is_passed_on_as_it_comes() {
        Answer answer = Answer.of(Endpoint.EMBEDDINGS, 200, Headers.NONE, new FireworksClassifier(), Instant.EPOCH);
        read(answer, "{\"data\":\"" + "x".repeat(Answer.HOLD_LIMIT));
        assertThat(answer.started()).isTrue();
        assertThat(answer.releasable()).isGreaterThan(Answer.HOLD_LIMIT);
        answer.end();
        assertThat(kind(answer)).isEqualTo(FailureKind.STREAM_TRUNCATED);
    }

    @Test
    void a_refusal_is_read_up_to_its_limit() {
        Answer answer = Answer.of(Endpoint.MODELS, 503, Headers.NONE, new FireworksClassifier(), Instant.EPOCH);
        read(answer, "x".repeat(2 * ErrorBody.LIMIT));
        assertThat(kind(answer)).isEqualTo(FailureKind.OVERLOADED);
    }

    private static Answer chat(String body) {
        Answer answer = streamed(Endpoint.CHAT_COMPLETIONS);
        read(answer, body);
        return answer;
    }

    private static Answer streamed(Endpoint endpoint) {
        Headers headers = Headers.of(Map.of("content-type", "text/event-stream; charset=utf-8"));
        return Answer.of(endpoint, 200, headers, new FireworksClassifier(), Instant.EPOCH);
    }

    private static Answer whole(String body) {
        Headers headers = Headers.of(Map.of("content-type", "application/json"));
        Answer answer = Answer.of(Endpoint.CHAT_COMPLETIONS, 200, headers, new FireworksClassifier(), Instant.EPOCH);
        read(answer, body);
        answer.end();
        return answer;
    }

    private static void read(Answer answer, String text) {
        answer.read(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static FailureKind kind(Answer answer) {
        return ((Outcome.Failed) answer.outcome().orElseThrow()).failure().kind();
    }

    private static Answer relayed(boolean collecting) {
        Reading reading = Reading.of(
                        Endpoint.CHAT_COMPLETIONS, new FireworksClassifier(), RequestPeek.NO_BODY, Long.MAX_VALUE)
                .collecting(collecting);
        Headers events = Headers.of(Map.of("content-type", Answer.EVENTS));
        return Answer.of(reading, new AnswerHabits(), true, 200, events, Instant.EPOCH);
    }
}
