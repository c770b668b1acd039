package dev.backstay.gateway;

import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import java.lang.reflect.Field;
import java.util.Collection;

/** Counts the timers that are set in a gateway's loops. Netty keeps them to itself, hence the reflection. */
final class LoopTimers {

    private LoopTimers() {}

    static int count(Gateway gateway) throws Exception {
        int timers = 0;
        for (EventExecutor loop : gateway.loops().group()) {
            timers += loop.submit(() -> queued(loop)).get();
        }
        return timers;
    }

    private static int queued(EventExecutor loop) throws ReflectiveOperationException {
        Field field = AbstractScheduledEventExecutor.class.getDeclaredField("scheduledTaskQueue");
        field.setAccessible(true);
        Collection<?> queue = (Collection<?>) field.get(loop);
        return queue == null ? 0 : queue.size();
    }
}
