package dev.backstay.fireworks;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.Optional;

/**
 * The name of a process in the ledger: its machine, its number, and when it started, because numbers are used again. So a process
 * that was killed is known to be gone at once by others on the same machine, and not only when its hold runs out.
 */
final class Holder {

    private static final String PREFIX = "process";

    private Holder() {}

    /** The name of this process. */
    static String mine() {
        ProcessHandle me = ProcessHandle.current();
        return name(me.pid(), me.info().startInstant());
    }

    private static String name(long pid, Optional<Instant> started) {
        return PREFIX + "/" + machine() + "/" + pid + "/"
                + started.map(Instant::toEpochMilli).orElse(0L);
    }

    /** Whether this is a process of this machine that is no more. */
    static boolean isGone(String holder) {
        String[] parts = holder.split("/", -1);
        if (parts.length != 4
                || !parts[0].equals(PREFIX)
                || !parts[1].equals(machine())
                || !parts[2].matches("\\d{1,18}")) {
            return false;
        }
        long pid = Long.parseLong(parts[2]);
        return ProcessHandle.of(pid)
                .filter(ProcessHandle::isAlive)
                .map(alive -> !name(pid, alive.info().startInstant()).equals(holder))
                .orElse(true);
    }

    private static String machine() {
        try {
            return InetAddress.getLocalHost().getHostName().replace('/', '-');
        } catch (UnknownHostException nameless) {
            return "localhost";
        }
    }
}
