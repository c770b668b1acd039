package dev.backstay.rehearsal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.backstay.client.Ask;
import dev.backstay.client.Body;
import dev.backstay.client.CallFailed;
import dev.backstay.client.Caller;
import dev.backstay.core.CallListener;
import dev.backstay.core.Engine;
import dev.backstay.core.Request;
import dev.backstay.core.RetryPolicy;
import dev.backstay.core.StreamPolicy;
import dev.backstay.core.Target;
import dev.backstay.core.Timeouts;
import dev.backstay.core.Workload;
import dev.backstay.fireworks.Access;
import dev.backstay.fireworks.TrainerEndpoint;
import dev.backstay.wire.FireworksClassifier;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * {@code reconnect_and_wait} as the official Python SDK has it, so that a drill can show what it comes to: 120 s for whatever is not
 * resumable, 300 s of retries under each request, no look at progress.
 *
 * <p>Source: fw-ai-external/python-sdk, training/sdk/trainer.py and errors.py, release 1.2.3; flow and constants, no code.
 */
final class OfficialReconnect {

    /** What the official class raises. */
    static final class GaveUp extends RuntimeException {

        private static final long serialVersionUID = 1;

        GaveUp(String message) {
            super(message);
        }
    }

    private static final double POLL = 5;
    private static final double SLOW_POLL = 10;
    private static final double RESUMABLE_WITHIN = 120;
    private static final double READY_WITHIN = 600;
    private static final double PENDING_WITHIN = 172_800;
    private static final double RETRY_FOR = 300;
    private static final double LONGEST_RETRY = 30;
    private static final Set<Integer> RETRIED = Set.of(0, 408, 429, 500, 502, 503, 504);
    private static final Set<String> RESUMABLE =
            Set.of("JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_PAUSED", "JOB_STATE_COMPLETED");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final VirtualClock clock;
    private final Access access;
    private final Caller once;

    OfficialReconnect(PlatformSender sender, VirtualClock clock, SplittableRandom random, Access access) {
        this.clock = clock;
        this.access = access;
        this.once = new Caller(new Engine(RetryPolicy.NEVER, CallListener.NONE), sender, clock, random::split);
    }

    TrainerEndpoint reconnectAndWait(String id) {
        double start = seconds();
        while (true) {
            String state;
            try {
                state = get(id).path("state").asText();
            } catch (GaveUp away) {
                if (seconds() - start > RESUMABLE_WITHIN) {
                    throw away;
                }
                sleep(POLL);
                continue;
            }
            if (state.equals("JOB_STATE_RUNNING")) {
                return waitForReady(id);
            }
            if (RESUMABLE.contains(state)) {
                retried("POST", job(id) + ":resume", "{}");
                return waitForReady(id);
            }
            if (seconds() - start > RESUMABLE_WITHIN) {
                throw new GaveUp("trainer " + id + " is stuck in " + state);
            }
            sleep(SLOW_POLL);
        }
    }

    TrainerEndpoint waitForReady(String id) {
        double start = seconds();
        double beyondPending = -1;
        while (true) {
            String state = get(id).path("state").asText();
            if (state.equals("JOB_STATE_DELETED") || state.equals("JOB_STATE_FAILED")) {
                throw new GaveUp("trainer " + id + " is " + state);
            }
            URI base = URI.create(access.base() + "/training/v1/rlorTrainerJobs/demo/" + id);
            if (state.equals("JOB_STATE_RUNNING") && isHealthy(base)) {
                return new TrainerEndpoint(id, id, base, OptionalInt.empty());
            }
            if (state.equals("JOB_STATE_PENDING")) {
                if (seconds() - start > PENDING_WITHIN) {
                    throw new GaveUp("pending for capacity for too long");
                }
            } else if (beyondPending < 0) {
                beyondPending = seconds();
            } else if (seconds() - beyondPending > READY_WITHIN) {
                throw new GaveUp("trainer " + id + " did not become ready");
            }
            sleep(POLL);
        }
    }

    private boolean isHealthy(URI base) {
        try {
            sent("GET", base + "/api/v1/healthz", "", 5);
            return true;
        } catch (CallFailed unhealthy) {
            return false;
        }
    }

    private JsonNode get(String id) {
        return retried("GET", job(id), "");
    }

    private String job(String id) {
        return access.base() + "/v1/accounts/demo/rlorTrainerJobs/" + id;
    }

    private JsonNode retried(String method, String url, String body) {
        double start = seconds();
        for (int n = 0; ; n++) {
            try {
                return sent(method, url, body, method.equals("GET") ? 30 : 60);
            } catch (CallFailed failed) {
                double delay = Math.min(LONGEST_RETRY, Math.pow(2, n));
                if (!RETRIED.contains(failed.status()) || seconds() - start + delay > RETRY_FOR) {
                    throw new GaveUp(method + " of the job: HTTP " + failed.status() + " after "
                            + Math.round(seconds() - start) + " s of retries");
                }
                sleep(delay);
            }
        }
    }

    private JsonNode sent(String method, String url, String body, long seconds) {
        Duration each = Duration.ofSeconds(seconds);
        Timeouts timeouts = new Timeouts(each, each, each, each, each, each);
        Ask ask = Ask.json(
                method,
                URI.create(url),
                Map.of("x-api-key", access.key()),
                body.isEmpty() ? Body.NONE : Body.json(body),
                new FireworksClassifier());
        Request request = Request.arriving(
                        "official",
                        new Target("official", "at-" + clock.nanos()),
                        Workload.AGENTIC,
                        timeouts,
                        false,
                        clock.nanos())
                .with(StreamPolicy.WHOLE);
        try {
            return JSON.readTree(once.call(ask, request).body());
        } catch (IOException notJson) {
            throw new IllegalStateException(notJson);
        }
    }

    private double seconds() {
        return clock.nanos() / 1e9;
    }

    private void sleep(double seconds) {
        clock.jump(clock.nanos() + (long) (seconds * 1e9));
    }
}
