package dev.backstay.gateway;

import dev.backstay.core.Timeouts;
import dev.backstay.core.Workload;
import dev.backstay.wire.Endpoint;
import dev.backstay.wire.RequestPeek;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpRequest;

/**
 * A caller's request, whole and understood as far as needed.
 *
 * @param head its head as it came
 * @param endpoint what it asks
 * @param body its bytes; owned by the exchange, which releases them
 * @param peek what its body says
 * @param workload what kind of work it is, and how we know
 * @param timeouts how long it may take
 */
record Inbound(
        HttpRequest head,
        Endpoint endpoint,
        ByteBuf body,
        RequestPeek peek,
        Workload.Choice workload,
        Timeouts timeouts) {}
