package dev.backstay.cli;

/** Ctrl-C ends a wait in order: what is known is kept, and another process may take it up at once. */
final class Interrupts {

    private static final long PATIENCE_MILLIS = 2_000;

    private Interrupts() {}

    /** Interrupts this thread when the process is told to stop, and gives it a moment. */
    static void onShutdown() {
        Thread waiting = Thread.currentThread();
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            waiting.interrupt();
                            try {
                                waiting.join(PATIENCE_MILLIS);
                            } catch (InterruptedException hurried) {
                                Thread.currentThread().interrupt();
                            }
                        },
                        "backstay-stop"));
    }
}
