/**
 * What a gateway is told: {@code backstay.yaml}, read, checked as a whole, and made into values. Nothing here does I/O but reading
 * files.
 *
 * <pre>
 *   backstay.yaml ─▶ GatewayFile (as written) ─▶ ConfigReader ─▶ GatewayConfig
 *   environment ────────────────────────────────────┘             ├ providers: UpstreamConfig
 *                                                                  ├ routes: RouteConfig ─ targets
 *                                                                  └ limits, keys, TLS, drain
 * </pre>
 */
@NullMarked
package dev.backstay.gateway.config;

import org.jspecify.annotations.NullMarked;
