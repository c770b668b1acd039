package dev.backstay.diagnosis;

import dev.backstay.core.CallListener;
import dev.backstay.fireworks.Access;
import dev.backstay.fireworks.ExportedMetrics;
import dev.backstay.fireworks.FireworksClient;
import dev.backstay.ledger.Ledger;
import dev.backstay.ledger.OpenLedger;
import dev.backstay.ledger.ProviderRate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks Fireworks once a minute what it counted for the deployments that calls have asked lately, and keeps it beside our own counts, so
 * that they can be held beside each other afterwards. Nobody uses a deployment: nobody is asked.
 *
 * <p>Calls do not wait for it. What goes wrong is logged once, and tried again the next minute. Thread-safe.
 */
public final class ProviderMeter implements AutoCloseable {

    /** Accounts that are asked; of more than that nothing is kept. */
    static final int ACCOUNTS_LIMIT = 4;

    private static final Logger LOG = LoggerFactory.getLogger(ProviderMeter.class);
    private static final Pattern DEPLOYMENT = Pattern.compile("accounts/([a-z0-9-]+)/deployments/([a-z0-9-]+)");
    private static final Duration EVERY = Duration.ofMinutes(1);
    private static final Duration LATELY = Duration.ofMinutes(10);

    private final Access access;
    private final String where;
    private final OpenLedger ledger;
    private final InstantSource clock;
    private final Map<String, FireworksClient> clients = new HashMap<>();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "backstay-meter");
    private final Map<String, String> problems = new HashMap<>();

    /** @param where the ledger, as {@link Ledger#existing} takes it */
    ProviderMeter(Access access, String where, InstantSource clock) {
        this.access = access;
        this.where = where;
        this.ledger = new OpenLedger(() -> Ledger.existing(where));
        this.clock = clock;
    }

    /**
     * Starts asking.
     *
     * @param access which Fireworks; the account is that of each deployment
     * @param where the ledger, as {@link Ledger#existing} takes it; it need not be there yet
     */
    public static ProviderMeter start(Access access, String where) {
        ProviderMeter meter = new ProviderMeter(access, where, InstantSource.system());
        meter.thread.setDaemon(true);
        meter.thread.start();
        return meter;
    }

    /**
     * Reads what the platform counted in the last minute, and keeps it.
     *
     * @return those of these deployments that the platform says something of
     */
    public static Set<String> keep(FireworksClient client, Ledger ledger, Set<String> deployments, long nowMs) {
        Set<String> known = new TreeSet<>();
        List<ProviderRate> rates = new ArrayList<>();
        for (String each : deployments) {
            Optional<ExportedMetrics.Load> load = client.metrics().load(each);
            if (load.isPresent()) {
                known.add(each);
                rates.add(new ProviderRate(
                        nowMs,
                        client.account(),
                        each,
                        ProviderRate.ALL,
                        load.get().requestsPerSecond()));
                load.get()
                        .errorsPerSecond()
                        .forEach((code, perSecond) ->
                                rates.add(new ProviderRate(nowMs, client.account(), each, code, perSecond)));
            }
        }
        ledger.providerRates().add(rates);
        return known;
    }

    private void run() {
        try {
            while (!stop.await(EVERY.toSeconds(), TimeUnit.SECONDS)) {
                once();
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** Asks now. */
    synchronized void once() {
        try {
            Ledger here = ledger.get();
            problems.remove(where);
            used(here).forEach((account, deployments) -> ask(account, deployments, here));
        } catch (RuntimeException | LinkageError failed) {
            letGo();
            tell(where, String.valueOf(failed.getMessage()));
        }
    }

    /** What is wrong with one account is no reason not to ask another. */
    private void ask(String account, Set<String> deployments, Ledger here) {
        try {
            keep(client(account, here), here, deployments, clock.millis());
            problems.remove(account);
        } catch (RuntimeException failed) {
            Optional.ofNullable(clients.remove(account)).ifPresent(FireworksClient::close);
            tell(account, String.valueOf(failed.getMessage()));
        }
    }

    private void tell(String of, String what) {
        if (problems.size() > ACCOUNTS_LIMIT) {
            problems.clear();
        }
        if (!what.equals(problems.put(of, what))) {
            LOG.warn("what the provider counts cannot be kept, so reconcile will not know it: {}: {}", of, what);
        }
    }

    /** The deployments that calls have asked lately, by account. */
    private Map<String, Set<String>> used(Ledger here) {
        long now = clock.millis();
        Map<String, Set<String>> byAccount = new TreeMap<>();
        here.tallies().attempts(now - LATELY.toMillis(), Long.MAX_VALUE).forEach(row -> {
            Matcher name = DEPLOYMENT.matcher(row.model());
            if (name.find() && (byAccount.size() < ACCOUNTS_LIMIT || byAccount.containsKey(name.group(1)))) {
                byAccount
                        .computeIfAbsent(name.group(1), fresh -> new TreeSet<>())
                        .add(name.group(2));
            }
        });
        return byAccount;
    }

    private FireworksClient client(String account, Ledger here) {
        return clients.computeIfAbsent(
                account,
                fresh -> FireworksClient.open(
                        new Access(access.base(), access.key(), Optional.of(account)), here, CallListener.NONE));
    }

    private void letGo() {
        clients.values().forEach(FireworksClient::close);
        clients.clear();
        ledger.close();
    }

    /** Asks no more. A question that is on its way ends by itself. */
    @Override
    public void close() {
        stop.countDown();
        thread.interrupt();
        synchronized (this) {
            letGo();
        }
    }
}
