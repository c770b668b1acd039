/**
 * Callers' keys: who they are, what they may, and how much of it they have used.
 *
 * <pre>
 *   backstay keys create ─▶ KeyFile (hashes only) ─▶ KeyRing ── whose key is this? ──▶ CallerKey
 *                                                                                        │
 *   a call ── may it? ──▶ Allowance (one per key, survives reloads) ◀── its limits ──────┘
 * </pre>
 *
 * <p>A key is {@code bks_ID_SECRET}. Only the SHA-256 of the secret is kept; a secret has 256 random bits, so that a slow hash would
 * add nothing.
 */
@NullMarked
package dev.backstay.gateway.keys;

import org.jspecify.annotations.NullMarked;
