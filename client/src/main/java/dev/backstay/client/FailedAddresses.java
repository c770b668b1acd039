package dev.backstay.client;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Addresses that failed lately: they refused, were not reached, or took a connection and stayed silent. For a minute they go last.
 *
 * <p>Thread-safe.
 */
public final class FailedAddresses {

    /** How long an address that failed goes last. */
    private static final long LAST_NANOS = 60_000_000_000L;

    /** Addresses remembered. */
    private static final int LIMIT = 1_000;

    private final Map<InetAddress, Long> failed = new ConcurrentHashMap<>();

    /** None has failed. */
    public FailedAddresses() {}

    /** This one failed now; nothing is remembered of one that is not known, because a proxy resolves it. */
    public void failed(@Nullable InetAddress address, long nowNanos) {
        if (address == null) {
            return;
        }
        if (failed.size() >= LIMIT) {
            failed.clear();
        }
        failed.put(address, nowNanos);
    }

    /** The same in their order, but for those that failed lately, which are last. */
    public <T> List<T> sorted(Collection<T> all, Function<T, InetAddress> address, long nowNanos) {
        List<T> sorted = new ArrayList<>(all);
        sorted.sort(Comparator.comparing(each -> isLate(address.apply(each), nowNanos)));
        return sorted;
    }

    /** Whether it failed a short while ago. */
    public boolean isLate(InetAddress address, long nowNanos) {
        Long at = failed.get(address);
        return at != null && nowNanos - at < LAST_NANOS;
    }
}
