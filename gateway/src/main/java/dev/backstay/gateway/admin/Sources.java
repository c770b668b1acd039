package dev.backstay.gateway.admin;

import dev.backstay.core.Engine;
import dev.backstay.core.Ticker;
import dev.backstay.ledger.CallKeeper;
import io.netty.handler.ssl.SslContext;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * Where the page has from what it shows.
 *
 * @param engine the states of targets
 * @param numbers a listener of that engine
 * @param ledger where what happened is kept, as {@link dev.backstay.ledger.Ledger#existing} takes it; empty if nothing is
 * @param keeping how that goes; empty if nothing is kept
 * @param draining whether new calls are refused
 * @param callers connections of callers
 * @param metrics for Prometheus
 * @param listens where callers connect
 * @param tls if the page is to be had beyond this machine
 * @param ticker time that passes
 * @param clock time of day
 */
public record Sources(
        Engine engine,
        LiveNumbers numbers,
        Optional<String> ledger,
        Supplier<Optional<CallKeeper.State>> keeping,
        BooleanSupplier draining,
        IntSupplier callers,
        Supplier<String> metrics,
        String listens,
        Supplier<Optional<SslContext>> tls,
        Ticker ticker,
        InstantSource clock) {}
