/**
 * The blocking driver.
 *
 * <p>A thread that asks is the thread that works: {@link dev.backstay.client.Caller} tells a {@code Call} of the engine what
 * happened and carries out what it says. Where bytes go is a {@link dev.backstay.client.Sender}'s business, and what time it is a
 * {@link dev.backstay.client.Clock}'s, so the same driver works over real sockets and in virtual time.
 *
 * <pre>
 *   Ask ─▶ Caller ─▶ Call (core) ─▶ Send ─▶ Sender ─┬─ OkHttpSender   sockets; every phase is an event, every clock a watch
 *            ▲         │                           └─ a simulated provider, in rehearsals
 *            │         ├─▶ Wait ─▶ Clock
 *            └─ Reply ◀┴─▶ Finish ─▶ CallFailed: phase, acknowledged?, attempts, what to do
 * </pre>
 *
 * <p>Nothing below retries: the engine is the only owner of retries.
 */
@NullMarked
package dev.backstay.client;

import org.jspecify.annotations.NullMarked;
