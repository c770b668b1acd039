package dev.backstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.client.Clock;
import dev.backstay.client.OkHttpSender;
import dev.backstay.core.CallListener;
import dev.backstay.diagnosis.ProviderCount;
import dev.backstay.diagnosis.ProviderMeter;
import dev.backstay.diagnosis.Reconciliation;
import dev.backstay.diagnosis.Verdict;
import dev.backstay.fireworks.Access;
import dev.backstay.fireworks.DeploymentSpec;
import dev.backstay.fireworks.FireworksClient;
import dev.backstay.fireworks.WakeUp;
import dev.backstay.ledger.Ledger;
import dev.backstay.platform.PlatformScript;
import dev.backstay.simulator.Script;
import dev.backstay.simulator.SimulatorServer;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A deployment that has too few replicas: what it counted itself is held beside what we counted. */
class SaturatedDeploymentTest extends Nights {

    @Test
    void a_deployment_is_saturated() throws Exception {
        PlatformScript small =
                JSON.readValue("{\"replica-boot\": 1, \"ready-early\": 0, \"per-replica\": 2}", PlatformScript.class);
        Script slow = Script.HEALTHY.withSpeed(20, 0.2, 50);
        FastClock clock = new FastClock();
        try (SimulatorServer api = SimulatorServer.start(
                        slow, small, FastClock.SPEED, new InetSocketAddress("127.0.0.1", 0), false, 7);
                Ledger ledger = Ledger.open(folder.resolve("ledger.db").toString())) {
            Access access = new Access(URI.create(api.url()), "fw_secret-key", Optional.of("demo"));
            try (FireworksClient client =
                    new FireworksClient(access, ledger, new OkHttpSender(clock), clock, CallListener.NONE, "test", 7)) {
                client.deployments().create(new DeploymentSpec("chat", "m", "", "", 1, 1));
                client.deployments().wake("chat", WakeUp.DOCUMENTED, (probe, because) -> {});
                model = "accounts/demo/deployments/chat";
                Metering metering = new Metering(client, ledger, clock);
                List<Socket> holding = List.of(hold(api), hold(api));
                Night night = night(upstream(api.url() + "/inference/v1", ""));
                long from = metering.from();
                metering.end();
                for (Socket each : holding) {
                    each.close();
                }
                assertThat(night.complaint())
                        .startsWith("completion: rate_limited")
                        .contains("all replicas are busy");
                assertThat(night.causes()).containsExactly("rate_limited while awaiting, seen: yes");
                Reconciliation books = Reconciliation.of(
                        from,
                        Long.MAX_VALUE,
                        ledger.tallies().attempts(0, Long.MAX_VALUE),
                        List.of(),
                        ProviderCount.of(ledger.providerRates().of("chat", 0, Long.MAX_VALUE), from));
                assertThat(books.theirs().orElseThrow().readings()).isGreaterThan(2);
                assertThat(books.theirs().orElseThrow().errors().get("429")).isPositive();
                assertThat(Verdict.of(books, "Fireworks"))
                        .contains("rate_limited in AWAITING", "The books agree: Fireworks counted");
            }
        }
    }

    /** Takes a place of the deployment until it is closed. */
    private Socket hold(SimulatorServer api) throws Exception {
        Socket socket = new Socket(api.address().getAddress(), api.address().getPort());
        String body = "{\"model\":\"" + model
                + "\",\"stream\":true,\"max_tokens\":2000,\"ignore_eos\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        socket.getOutputStream()
                .write(("POST /inference/v1/chat/completions HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer k\r\n"
                                + "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n"
                                + body)
                        .getBytes(StandardCharsets.US_ASCII));
        assertThat(socket.getInputStream().read()).isEqualTo('H');
        return socket;
    }

    /** Time that passes faster, as the simulated platform's does. */
    private static final class FastClock implements Clock {
        private static final int SPEED = 60;
        private final Instant began = Instant.now();
        private final long beganNanos = System.nanoTime();

        @Override
        public Instant now() {
            return began.plusNanos(nanos() - beganNanos * SPEED);
        }

        @Override
        public long nanos() {
            return System.nanoTime() * SPEED;
        }

        @Override
        public void await(Object monitor, long untilNanos) throws InterruptedException {
            SYSTEM.await(monitor, System.nanoTime() + (untilNanos - nanos()) / SPEED);
        }
    }

    /** Reads what the platform counts, twice a minute of its own time. */
    private static final class Metering {
        private final FireworksClient client;
        private final Ledger ledger;
        private final FastClock clock;
        private final long from;
        private final Thread thread = new Thread(this::run, "metering");
        private volatile boolean over;

        private Metering(FireworksClient client, Ledger ledger, FastClock clock) {
            this.client = client;
            this.ledger = ledger;
            this.clock = clock;
            this.from = clock.now().toEpochMilli();
            read();
            thread.start();
        }

        private void read() {
            ProviderMeter.keep(client, ledger, Set.of("chat"), clock.now().toEpochMilli());
        }

        private void run() {
            try {
                while (!over) {
                    clock.pause(Duration.ofSeconds(30));
                    read();
                }
            } catch (InterruptedException unexpected) {
                throw new IllegalStateException(unexpected);
            }
        }

        private long from() {
            return from;
        }

        /** After one more reading, which says what happened last. */
        private void end() throws InterruptedException {
            over = true;
            thread.join();
            clock.pause(Duration.ofSeconds(30));
            read();
        }
    }
}
