package dev.backstay.client;

/** A thread for something rare that nobody else may do: not the timer, because it may be slow, and not who found out. */
final class Helper {

    private Helper() {}

    static void run(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }
}
