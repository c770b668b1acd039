/**
 * The port for people: the page that shows what happens, while it happens.
 *
 * <pre>
 *   calls ── signals ──▶ LiveNumbers, Recent          ledger (file, server)
 *                             │ once a second             │
 *                             ▼                           ▼
 *   engine ── targets ──▶ LiveState                   CallReader, on a thread of its own
 *                             │ JSON                      │ JSON, when asked
 *                             ▼                           ▼
 *                         Broadcast ──▶ viewers       AdminHandler ──▶ browser (index.html, style.css, app.js)
 * </pre>
 *
 * <p>Calls pay for a few counters. All else is done once a second, and only while somebody looks. Who may look is what
 * {@link dev.backstay.gateway.admin.AdminDoor} says.
 */
@NullMarked
package dev.backstay.gateway.admin;

import org.jspecify.annotations.NullMarked;
