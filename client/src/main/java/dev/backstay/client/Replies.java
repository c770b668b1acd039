package dev.backstay.client;

import dev.backstay.core.Failure;
import dev.backstay.core.Outcome;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What came back in one call that its caller may want. Belongs to the thread that carries the call. */
final class Replies {

    private @Nullable Reply whole;
    private @Nullable Reply head;
    private @Nullable Reply refusal;
    private @Nullable Failure refusalMeans;

    /**
     * An attempt with an answer ended like this.
     *
     * @param delivered whether the caller has part of an answer
     */
    void ended(Reception answer, Outcome how, boolean delivered) {
        if (how instanceof Outcome.Failed failed && !failed.failure().kind().isAnswered()) {
            if (answer.reader().refused()) {
                refusal = answer.whole();
                refusalMeans = failed.failure();
            } else if (!delivered) {
                answer.drop();
            }
        } else if (!delivered) {
            whole = answer.whole();
        }
    }

    void head(Reply answer) {
        head = answer;
    }

    /** The whole answer, after a success that was not delivered early. */
    Reply whole() {
        return Objects.requireNonNull(whole, "a call succeeded without an answer");
    }

    /** The head of the answer that was delivered. */
    Reply head() {
        return Objects.requireNonNull(head, "nothing was delivered");
    }

    /** The server's words, if it was the last one to say no. */
    Optional<Reply> refusal(Failure last) {
        return last.equals(refusalMeans) ? Optional.ofNullable(refusal) : Optional.empty();
    }
}
