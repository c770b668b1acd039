package dev.backstay.client;

import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import okhttp3.Dns;
import org.jspecify.annotations.Nullable;

/**
 * Names to addresses. Each attempt tries one address, so those that were not reached lately go last, and the next attempt tries
 * another one. A lookup that hangs is left behind: Java cannot stop it, but nobody has to wait for it.
 *
 * <p>Thread-safe. All who look for the same name at the same time share one lookup, so there is one thread for each name at most.
 */
final class Addresses implements Dns {

    /** The longest a lookup is waited for. */
    static final long LOOKUP_SECONDS = 5;

    private final Dns next;
    private final Clock clock;
    private final FailedAddresses failed = new FailedAddresses();
    private final ThreadLocal<Long> patience = new ThreadLocal<>();
    private final Map<String, CompletableFuture<List<InetAddress>>> lookups = new ConcurrentHashMap<>();

    Addresses(Dns next, Clock clock) {
        this.next = next;
        this.clock = clock;
    }

    /** Until when lookups on this thread wait, at most; with nothing, only until their own limit. */
    void waitUntil(@Nullable Long nanos) {
        if (nanos == null) {
            patience.remove();
        } else {
            patience.set(nanos);
        }
    }

    /** This address failed. */
    void failed(@Nullable InetAddress address) {
        failed.failed(address, clock.nanos());
    }

    @Override
    public List<InetAddress> lookup(String name) throws UnknownHostException {
        return failed.sorted(wait(name), address -> address, clock.nanos());
    }

    private List<InetAddress> wait(String name) throws UnknownHostException {
        CompletableFuture<List<InetAddress>> lookup = lookups.computeIfAbsent(name, this::begin);
        try {
            long most = TimeUnit.SECONDS.toNanos(LOOKUP_SECONDS);
            Long until = patience.get();
            long left = until == null ? most : Math.min(most, until - clock.nanos());
            return lookup.get(Math.max(1, left), TimeUnit.NANOSECONDS);
        } catch (ExecutionException unknown) {
            Throwable cause = unknown.getCause();
            throw unknown(name, cause == null ? unknown : cause);
        } catch (TimeoutException late) {
            throw unknown(name, new InterruptedIOException("the resolver does not answer"));
        } catch (InterruptedException left) {
            Thread.currentThread().interrupt();
            throw unknown(name, left);
        }
    }

    private CompletableFuture<List<InetAddress>> begin(String name) {
        CompletableFuture<List<InetAddress>> lookup = new CompletableFuture<>();
        Helper.run("backstay-lookup", () -> {
            try {
                lookup.complete(next.lookup(name));
            } catch (UnknownHostException | RuntimeException | Error unknown) {
                lookup.completeExceptionally(unknown);
            } finally {
                lookups.remove(name);
            }
        });
        return lookup;
    }

    private static UnknownHostException unknown(String name, Throwable cause) {
        UnknownHostException unknown = new UnknownHostException(name + ": " + cause.getMessage());
        unknown.initCause(cause);
        return unknown;
    }
}
