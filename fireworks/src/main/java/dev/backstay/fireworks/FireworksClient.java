package dev.backstay.fireworks;

import dev.backstay.client.Caller;
import dev.backstay.client.Clock;
import dev.backstay.client.OkHttpSender;
import dev.backstay.client.Sender;
import dev.backstay.core.CallListener;
import dev.backstay.core.Engine;
import dev.backstay.core.RetryPolicy;
import dev.backstay.ledger.Ledger;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * The front door to the control plane.
 *
 * <pre>{@code
 * try (FireworksClient fireworks = FireworksClient.open(access, Ledger.open("ledger.db"), CallListener.NONE)) {
 *     TrainerEndpoint trainer = fireworks.trainers().reconnectAndWait("my-run", WaitLimits.RECONNECT, false, Listener.NONE);
 * }
 * }</pre>
 *
 * <p>Thread-safe. Close it when nobody asks any more.
 */
public final class FireworksClient implements AutoCloseable {

    private final ControlPlane control;
    private final TrainerJobManager trainers;
    private final Deployments deployments;
    private final Batches batches;
    private final TuningJobs tuning;
    private final Limits limits;
    private final ExportedMetrics metrics;
    private final ServerlessUsage usage;
    private final AutoCloseable transport;

    /**
     * One over this transport and this clock; the transport is closed with it.
     *
     * @param holder names this process in the ledger, and no other
     * @param seed of the jitter between tries
     */
    public FireworksClient(
            Access access, Ledger ledger, Sender sender, Clock clock, CallListener listener, String holder, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Engine engine = new Engine(RetryPolicy.DEFAULT, listener);
        Engine once = new Engine(RetryPolicy.NEVER, CallListener.NONE);
        Caller caller = new Caller(engine, sender, clock, () -> split(random));
        Prober prober = new Prober(new Caller(once, sender, clock, () -> split(random)), access);
        this.control = new ControlPlane(caller, access);
        this.trainers = new TrainerJobManager(control, prober, ledger.watches(), holder);
        this.deployments = new Deployments(control, prober, ledger.changes());
        this.batches = new Batches(control);
        this.tuning = new TuningJobs(control);
        this.limits = new Limits(control);
        this.metrics = new ExportedMetrics(control);
        this.usage = new ServerlessUsage(control);
        this.transport = sender instanceof AutoCloseable closeable ? closeable : () -> {};
    }

    private static SplittableRandom split(SplittableRandom random) {
        synchronized (random) {
            return random.split();
        }
    }

    /** One over sockets and the system's clock. */
    public static FireworksClient open(Access access, Ledger ledger, CallListener listener) {
        return new FireworksClient(
                access,
                ledger,
                new OkHttpSender(Clock.SYSTEM),
                Clock.SYSTEM,
                listener,
                Holder.mine(),
                System.nanoTime());
    }

    /** The account of the key. */
    public String account() {
        return control.account();
    }

    /** By how much our clock is ahead of theirs, if by so much that expiry times and signatures go wrong. */
    public Optional<Duration> clockOff() {
        return control.clockOff();
    }

    /** Trainers. */
    public TrainerJobManager trainers() {
        return trainers;
    }

    /** Dedicated deployments. */
    public Deployments deployments() {
        return deployments;
    }

    /** Batch inference. */
    public Batches batches() {
        return batches;
    }

    /** Managed fine-tuning. */
    public TuningJobs tuning() {
        return tuning;
    }

    /** What the account may use. */
    public Limits limits() {
        return limits;
    }

    /** What the infrastructure saw. */
    public ExportedMetrics metrics() {
        return metrics;
    }

    /** What serverless models were used for. */
    public ServerlessUsage usage() {
        return usage;
    }

    @Override
    public void close() {
        try {
            transport.close();
        } catch (Exception ended) {
            throw new IllegalStateException("the transport could not be closed", ended);
        }
    }
}
