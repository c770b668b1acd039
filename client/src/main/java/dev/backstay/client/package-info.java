/**
 * The library: calls of an application, led by the engine.
 *
 * <p>{@link dev.backstay.client.Backstay} is the front door. An {@code Exchange} carries out what a {@code Call} says about attempts, on
 * whatever thread asks for the next thing; {@link dev.backstay.client.Caller} waits on the caller's own thread, {@code FutureCaller} on
 * none. Where bytes go is a {@link dev.backstay.client.Sender}'s business, and what time it is a {@link dev.backstay.client.Clock}'s, so
 * the same driver works over real sockets and in virtual time.
 *
 * <pre>
 *   Backstay ─┬─ Caller        waits itself ─┐
 *    Settings └─ FutureCaller  is woken     ─┴─▶ Exchange ─▶ Call (core)
 *                                                  │  ▲
 *                                          attempts│  │what came of them (AttemptReader)
 *                                                  ▼  │
 *                   Sender ◀─ send, phases ─▶ Reception ─▶ Replies   bytes, and what of them was not handed on yet
 *                     └─ OkHttpSender: Trip (events are phases), Watch (clocks, interrupts), Addresses (names)
 *
 *   LiveReply ─▶ Reception ─▶ Incoming: whoever reads an answer reads it from the socket, one thread at a time (Turn)
 * </pre>
 *
 * <p>Nothing below retries: the engine is the only owner of retries. Failures are a {@link dev.backstay.client.CallFailed}, broken answers a
 * {@link dev.backstay.client.BrokenAnswer}: phase, acknowledged or not, attempts, what to do.
 */
@NullMarked
package dev.backstay.client;

import org.jspecify.annotations.NullMarked;
