package dev.backstay.diagnosis;

import dev.backstay.client.Ask;
import dev.backstay.client.Caller;
import dev.backstay.client.Clock;
import dev.backstay.client.OkHttpSender;
import dev.backstay.client.Reply;
import dev.backstay.core.Attempt;
import dev.backstay.core.Call;
import dev.backstay.core.Engine;
import dev.backstay.core.Request;
import dev.backstay.core.RetryPolicy;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.core.Target;
import dev.backstay.core.Timeouts;
import dev.backstay.core.Workload;
import dev.backstay.wire.Classifier;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Optional;
import java.util.SplittableRandom;
import javax.net.ssl.X509TrustManager;
import okhttp3.Credentials;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/** Calls of the engine to a patient, each tried once, on the way that its settings say. Belongs to one thread. */
final class Line implements AutoCloseable {

    private final Patient patient;
    private final Clock clock;
    private final Timeouts clocks;
    private final OkHttpSender sender;
    private final Caller caller;
    private @Nullable Attempt last;

    Line(Patient patient, Clock clock, Timeouts clocks) throws IOException, GeneralSecurityException {
        this.patient = patient;
        this.clock = clock;
        this.clocks = clocks;
        X509TrustManager trust = Trust.of(patient.ca());
        OkHttpClient.Builder http = new OkHttpClient.Builder()
                .sslSocketFactory(Trust.context(trust).getSocketFactory(), trust)
                .proxy(Proxy.NO_PROXY);
        patient.proxy().ifPresent(each -> through(http, each, patient));
        this.sender = new OkHttpSender(clock, http.build());
        SplittableRandom random = new SplittableRandom(1);
        this.caller = new Caller(new Engine(RetryPolicy.NEVER, this::heard), sender, clock, random::split);
    }

    private static void through(OkHttpClient.Builder http, URI proxy, Patient patient) {
        http.proxy(new Proxy(
                Proxy.Type.HTTP, InetSocketAddress.createUnresolved(patient.firstHost(), patient.firstPort())));
        Optional.ofNullable(proxy.getUserInfo())
                .ifPresent(user -> http.proxyAuthenticator(
                        (route, response) -> response.request().header("Proxy-Authorization") != null
                                ? null
                                : response.request()
                                        .newBuilder()
                                        .header("Proxy-Authorization", credentials(user))
                                        .build()));
    }

    private static String credentials(String user) {
        int colon = user.indexOf(':');
        return Credentials.basic(
                colon < 0 ? user : user.substring(0, colon),
                colon < 0 ? "" : user.substring(colon + 1),
                StandardCharsets.UTF_8);
    }

    private void heard(long nowNanos, Call call, Signal signal, Step step) {
        if (step instanceof Step.Finish && !call.attempts().isEmpty()) {
            last = call.attempts().get(call.attempts().size() - 1);
        }
    }

    Classifier classifier() {
        return patient.settings().provider().classifier();
    }

    /**
     * Asks once.
     *
     * @throws dev.backstay.client.CallFailed if there is no good answer
     */
    Reply call(Ask ask, boolean streamed) {
        Target target = new Target(
                patient.host() + ":" + patient.port(), patient.model().orElse(""));
        return caller.call(
                ask, Request.arriving("doctor", target, Workload.INTERACTIVE, clocks, streamed, clock.nanos()));
    }

    /** The attempt that was made last. */
    Optional<Attempt> last() {
        return Optional.ofNullable(last);
    }

    @Override
    public void close() {
        sender.close();
    }
}
