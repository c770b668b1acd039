package dev.backstay.client;

import dev.backstay.core.AddressTry;
import dev.backstay.core.Phase;
import dev.backstay.wire.Untrusted;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Proxy;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * One attempt on its way over a socket: OkHttp's events become phases, and the {@link Watch} closes it when the clock of its phase
 * runs out. From the head of its answer on it is what is read from.
 */
final class Trip extends Forwarding implements Incoming {

    /** When there is no thread now, there may be one then. */
    private static final long AGAIN_NANOS = 1_000_000_000L;

    private final Sender.Journey journey;
    private final Clock clock;
    private final Watch watch;
    private final Addresses addresses;
    private final Runnable distrust;
    private volatile @Nullable Thread asking;
    private volatile @Nullable Call call;
    private volatile boolean connected;
    private volatile @Nullable InetSocketAddress trying;
    private boolean late;
    private boolean over;
    private @Nullable Future<?> check;
    private long checkNanos;
    private volatile @Nullable Response response;
    private @Nullable InputStream body;

    /** @param distrust what is done when a connection that had been idle says nothing at all: the others are dead as well */
    Trip(Sender.Journey journey, Clock clock, Watch watch, Addresses addresses, Runnable distrust) {
        this.addresses = addresses;
        this.distrust = distrust;
        this.journey = journey;
        this.clock = clock;
        this.watch = watch;
    }

    /** Sends it, and comes back with the head of its answer. */
    Incoming go(Call begun) throws InterruptedException, Broken {
        call = begun;
        asking = Thread.currentThread();
        watch.add(this);
        boolean open = false;
        try {
            journey.closer(begun::cancel);
            guard();
            addresses.waitUntil(journey.clockNanos());
            Response head = begun.execute();
            response = head;
            body = Objects.requireNonNull(head.body()).byteStream();
            open = true;
            return this;
        } catch (IOException broken) {
            throw broken(broken);
        } catch (IllegalStateException confused) { // OkHttp, by a server that says 100 Continue again and again
            begun.cancel();
            throw broken(new ProtocolException(String.valueOf(confused.getMessage())));
        } finally {
            asking = null;
            addresses.waitUntil(null);
            if (!open) {
                over();
            }
        }
    }

    @Override
    public int status() {
        return Objects.requireNonNull(response).code();
    }

    @Override
    public Map<String, List<String>> headers() {
        return Objects.requireNonNull(response).headers().toMultimap();
    }

    @Override
    public int read(byte[] into) throws InterruptedException, Broken {
        asking = Thread.currentThread();
        try {
            guard();
            return Objects.requireNonNull(body).read(into);
        } catch (IOException broken) {
            throw broken(broken);
        } finally {
            asking = null;
        }
    }

    @Override
    public void close(boolean whole) {
        over();
        if (!whole) {
            Objects.requireNonNull(call).cancel();
        }
        Objects.requireNonNull(response).close();
    }

    /** Has the watch look when the clock of the phase runs out, if it would look later than that. */
    private synchronized void guard() {
        long clockNanos = journey.clockNanos();
        if (!over && (check == null || checkNanos - clockNanos > 0)) {
            if (check != null) {
                check.cancel(false);
            }
            checkNanos = clockNanos;
            try {
                check = watch.after(clockNanos - clock.nanos(), this);
            } catch (RejectedExecutionException closed) {
                Objects.requireNonNull(call).cancel();
            }
        }
    }

    /** Closes an attempt that is late; if there was progress, looks again when it would be. */
    void look() {
        synchronized (this) {
            check = null;
            if (over) {
                return;
            }
            if (journey.clockNanos() - clock.nanos() > 0) {
                guard();
                return;
            }
            late = true;
        }
        Objects.requireNonNull(call).cancel();
        InetSocketAddress silent = trying;
        if (response == null && !connected) {
            distrust.run();
        } else if (response == null && silent != null) {
            addresses.failed(silent.getAddress());
        }
        try {
            journey.abandoned();
        } catch (OutOfMemoryError noThread) {
            watch.after(AGAIN_NANOS, this);
        }
    }

    void closeIfInterrupted() {
        Thread thread = asking;
        if (thread != null && thread.isInterrupted()) {
            Objects.requireNonNull(call).cancel();
        }
    }

    private void over() {
        watch.remove(this);
        synchronized (this) {
            over = true;
            if (check != null) {
                check.cancel(false);
            }
        }
    }

    private Broken broken(IOException broken) throws InterruptedException {
        answered(AddressTry.Answer.SILENT, "");
        synchronized (this) {
            if (late) {
                return new Broken(Broken.How.LATE, "");
            }
        }
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        Phase phase = journey.phase();
        boolean reused = !connected && (phase == Phase.SENDING || phase == Phase.AWAITING);
        return new Broken(how(broken, reused), String.valueOf(broken.getMessage()));
    }

    private static Broken.How how(IOException broken, boolean reused) {
        if (Untrusted.is(broken)) {
            return Broken.How.UNTRUSTED;
        }
        if (broken instanceof ProtocolException) {
            return Broken.How.NOT_HTTP;
        }
        return reused ? Broken.How.REUSED : Broken.How.LOST;
    }

    /** A piece of the request has left. */
    void moved() {
        journey.moved();
    }

    /** OkHttp 5 connects on threads of its own, which may still tell of an attempt that is over. */
    private synchronized boolean isOver() {
        return over;
    }

    private void entered(Phase phase) {
        if (!isOver() && journey.phase() != phase) {
            journey.entered(phase);
            guard();
        }
    }

    /** What the address that is being tried did; what comes of it later is no longer about the address. */
    private void answered(AddressTry.Answer answer, String problem) {
        InetSocketAddress address = trying;
        trying = null;
        if (address != null && address.getAddress() != null && !isOver()) {
            journey.tried(
                    new AddressTry(address.getAddress().getHostAddress() + ":" + address.getPort(), answer, problem));
        }
    }

    /** It is we who cancel attempts, on a thread on which nobody else's code may run. */
    @Override
    public void canceled(Call call) {}

    @Override
    public void connectFailed(
            Call call, InetSocketAddress address, Proxy proxy, @Nullable Protocol protocol, IOException failure) {
        super.connectFailed(call, address, proxy, protocol, failure);
        if (!isOver()) {
            boolean late = failure instanceof SocketTimeoutException;
            answered(
                    late ? AddressTry.Answer.SILENT : AddressTry.Answer.REFUSED,
                    late ? "" : String.valueOf(failure.getMessage()));
            addresses.failed(address.getAddress());
        }
    }

    @Override
    public void dnsStart(Call call, String host) {
        super.dnsStart(call, host);
        entered(Phase.RESOLVING);
    }

    @Override
    public void connectStart(Call call, InetSocketAddress address, Proxy proxy) {
        super.connectStart(call, address, proxy);
        connected = true;
        trying = address;
        entered(Phase.CONNECTING);
    }

    @Override
    public void secureConnectStart(Call call) {
        super.secureConnectStart(call);
        answered(AddressTry.Answer.CONNECTED, "");
        entered(Phase.SECURING);
    }

    @Override
    public void connectionAcquired(Call call, Connection connection) {
        super.connectionAcquired(call, connection);
        answered(AddressTry.Answer.CONNECTED, "");
        entered(Phase.SENDING);
    }

    @Override
    public void requestHeadersEnd(Call call, Request request) {
        super.requestHeadersEnd(call, request);
        if (request.body() == null) {
            entered(Phase.AWAITING);
        }
    }

    @Override
    public void requestBodyEnd(Call call, long bytes) {
        super.requestBodyEnd(call, bytes);
        entered(Phase.AWAITING);
    }
}
