package dev.backstay.fireworks;

import dev.backstay.client.CallFailed;
import dev.backstay.core.Acknowledged;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Something of the control plane did not work: what, why, and what to do about it. */
public final class FireworksException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** What kind of no it is, for whoever has to decide by it. */
    public enum Reason {
        /** The key is missing, wrong, or may not do this. */
        NOT_ALLOWED,
        /** The account is suspended, or its plan does not include this. */
        ACCOUNT_BLOCKED,
        /** There is no such thing. */
        NOT_FOUND,
        /** There is one of this name already, and it is another one. */
        CONFLICT,
        /** A quota is used up: nothing helps but freeing something or asking for more. */
        QUOTA,
        /** The request is wrong. */
        WRONG,
        /** The control plane could not be asked, or did not work. */
        UNAVAILABLE,
        /** It failed, and asking again brings the same. */
        FAILED,
        /** It is deleted, and its id cannot be used again. */
        GONE,
        /** It is finished, so there is nothing to wait for. */
        COMPLETED,
        /** It took longer than was allowed. */
        TIMEOUT,
        /** The thread was interrupted: whoever waited no longer wants to. */
        CANCELLED
    }

    private final Reason reason;
    private final int status;

    FireworksException(Reason reason, String what, String advice) {
        this(reason, Failure.NO_STATUS, what, advice, null);
    }

    private FireworksException(Reason reason, int status, String what, String advice, @Nullable Throwable cause) {
        super(what + (advice.isEmpty() ? "" : " — " + advice), cause);
        this.reason = reason;
        this.status = status;
    }

    /** A call that failed, in the words of what it was for. */
    static FireworksException of(String what, CallFailed failed) {
        Failure failure = failed.failure();
        Reason reason = reason(failure);
        String said = failure.message().isEmpty() ? failure.kind().label().replace('_', ' ') : failure.message();
        String status = failure.status() == Failure.NO_STATUS ? "" : "HTTP " + failure.status() + ": ";
        String tries = failed.attempts() > 1 ? ", tried " + failed.attempts() + " times" : "";
        String seen = failure.acknowledged() == Acknowledged.YES
                ? ""
                : ", in phase " + failure.phase().label() + ", seen by the server: "
                        + failure.acknowledged().label();
        return new FireworksException(
                reason,
                failure.status(),
                "could not " + what + ": " + status + said + seen + tries,
                advice(reason, failure),
                failed);
    }

    private static Reason reason(Failure failure) {
        return switch (failure.status()) {
            case 401, 403 -> Reason.NOT_ALLOWED;
            case 402, 412 -> Reason.ACCOUNT_BLOCKED;
            case 404 -> Reason.NOT_FOUND;
            case 409 -> Reason.CONFLICT;
            case 429 -> failure.again().equals(Optional.of(false)) ? Reason.QUOTA : Reason.UNAVAILABLE;
            case 400, 405, 413, 422, 501 -> Reason.WRONG;
            default ->
                failure.kind() == FailureKind.CANCELLED
                        ? Reason.CANCELLED
                        : failure.kind() == FailureKind.UNAUTHORIZED ? Reason.NOT_ALLOWED : Reason.UNAVAILABLE;
        };
    }

    private static String advice(Reason reason, Failure failure) {
        return switch (reason) {
            case NOT_ALLOWED ->
                failure.status() == 401
                        ? "check FIREWORKS_API_KEY; training needs a key of training scope, and a key for inference only gets a 401"
                        : "the key is wrong, may not do this, or belongs to another account: check FIREWORKS_API_KEY and --account";
            case ACCOUNT_BLOCKED ->
                "the account is suspended or its plan does not include this: pay or raise the limit in the console; it works again within an hour";
            case NOT_FOUND -> "check the id and the account; what the key may not see is also 'not found'";
            case CONFLICT -> "it exists already or is changing: look at it, or choose another id";
            case QUOTA -> "a quota is used up: free something or ask for more; asking again does not help";
            case WRONG -> "fix the request";
            case CANCELLED -> "";
            default ->
                failure.kind() == FailureKind.TLS_FAILED || failure.kind() == FailureKind.CERTIFICATE_REFUSED
                        ? "check certificates, proxies and this machine's clock"
                        : failure.kind().advice() + "; nothing was lost, so ask again";
        };
    }

    /** What kind of no it is. */
    public Reason reason() {
        return reason;
    }

    /** The HTTP status, or 0. */
    public int status() {
        return status;
    }

    /** Whether asking again later can bring another answer. */
    public boolean isTransient() {
        return reason == Reason.UNAVAILABLE;
    }
}
