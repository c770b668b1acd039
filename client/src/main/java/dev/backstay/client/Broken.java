package dev.backstay.client;

/** An attempt that ended before its answer did. Only drivers see it: what comes of it is the engine's to say. */
public final class Broken extends Exception {

    private static final long serialVersionUID = 1;

    /** In which way. */
    public enum How {
        /** The connection was lost; the phase says what that means. */
        LOST,
        /** The connection was lost, and it had carried another request before. */
        REUSED,
        /** The connection was not secured, and will not be. */
        UNTRUSTED,
        /** What came is not HTTP. */
        NOT_HTTP,
        /** The clock of the phase ran out, and the attempt was closed. */
        LATE
    }

    private final How how;

    /** One that broke like this; the message never has a key or a prompt. */
    public Broken(How how, String message) {
        super(message, null, false, false);
        this.how = how;
    }

    /** In which way it broke. */
    public How how() {
        return how;
    }
}
