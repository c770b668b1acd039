package dev.backstay.core;

/**
 * Whether the server saw the attempt.
 *
 * <p>The provider's dashboard counts what its servers acknowledged. An attempt that failed with {@link #NO} can never
 * appear there, which is how a dashboard stays clean while clients fail.
 */
public enum Acknowledged {
    /** The request did not reach the server. */
    NO("no"),
    /** Bytes left, no answer came: it may have been seen, worked on and billed. */
    UNKNOWN("unknown"),
    /** The server answered. */
    YES("yes");

    private final String label;

    Acknowledged(String label) {
        this.label = label;
    }

    /** The word used in metrics, error bodies and reports. */
    public String label() {
        return label;
    }
}
