package dev.backstay.openai;

import com.openai.core.Timeout;
import dev.backstay.client.CallOptions;
import dev.backstay.client.Clocks;
import dev.backstay.client.Settings;
import dev.backstay.core.Deadline;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the SDK's four durations mean for a call.
 *
 * <pre>
 *   request   10 min unless set: all the time a call has, if nobody said what workload it is
 *             set: each answer must begin within it, and the call has three times as much, as with the SDK's own
 *             retries; a stream may last longer
 *   read      as request unless set: the longest pause of a stream
 *   connect   1 min unless set, which says nothing; set: each of resolving, connecting, securing
 *   write     as request unless set: the longest time without progress while sending
 *   any       says nothing where the settings of the Backstay do, because hosts set them without being asked,
 *             unless it was said with this very request
 *   zero      no limit; here the longest there is, {@value dev.backstay.core.Deadline#LONGEST_HOURS} h
 * </pre>
 */
final class SdkTimeout {

    private static final Duration LONGEST = Duration.ofHours(Deadline.LONGEST_HOURS);
    /** What the SDK has by itself: two retries. */
    private static final int TRIES = 3;

    private static final Timeout UNSET = Timeout.builder().build();

    private SdkTimeout() {}

    /** @param nearer whether these were said with the request, so that they go before what the settings say */
    static CallOptions options(@Nullable Timeout timeout, Settings settings, boolean nearer) {
        boolean somebodySaid = !nearer
                && (settings.workload().isPresent()
                        || settings.timeouts().total().isPresent());
        Timeout given = timeout == null ? UNSET : timeout;
        Clocks clocks = Clocks.USUAL;
        if (!given.request().equals(UNSET.request())) {
            Duration request = limit(given.request());
            clocks = clocks.withAnswer(request).withFirstToken(request).withIdle(limit(given.read()));
            clocks = somebodySaid ? clocks : clocks.withTotal(limit(request.multipliedBy(TRIES)));
        } else if (!given.read().equals(given.request())) {
            clocks = clocks.withIdle(limit(given.read()));
        } else if (!somebodySaid) {
            clocks = Clocks.within(UNSET.request());
        }
        if (!given.connect().equals(UNSET.connect())) {
            clocks = clocks.withConnect(limit(given.connect()));
        }
        if (!given.write().equals(given.request())) {
            clocks = clocks.withWrite(limit(given.write()));
        }
        Clocks all = nearer
                ? clocks.before(settings.timeouts())
                : settings.timeouts().before(clocks);
        return CallOptions.DEFAULT.with(all).sparingStreams();
    }

    private static Duration limit(Duration given) {
        return given.isZero() || given.compareTo(LONGEST) > 0 ? LONGEST : given;
    }
}
