package dev.backstay.gateway.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.backstay.client.SettingsFile;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code backstay.yaml} as it is written, all of it. What does not stand there has its default; an unknown key is an error. */
record GatewayFile(
        @Nullable String listen,
        SettingsFile.@Nullable Upstream upstream,
        @Nullable Map<String, SettingsFile.Upstream> providers,
        @Nullable Map<String, RouteEntry> routes,
        @JsonProperty("max-attempts") @Nullable Integer maxAttempts,
        @Nullable String workload,
        SettingsFile.@Nullable Times timeouts,
        @Nullable String stream,
        @Nullable String keys,
        @JsonProperty("allow-anyone") @Nullable Boolean allowAnyone,
        @Nullable TlsEntry tls,
        @Nullable LimitsEntry limits,
        @JsonProperty("access-log") @Nullable String accessLog,
        @Nullable String ledger,
        @Nullable RecordsEntry records,
        @Nullable AdminEntry admin,
        @Nullable String drain) {

    /** One of {@code routes:}, by the name that callers use for the model. */
    record RouteEntry(
            @Nullable List<TargetEntry> targets,
            @Nullable List<TargetEntry> longer,
            @Nullable String pick,
            @Nullable String workload,
            SettingsFile.@Nullable Times timeouts,
            @Nullable String stream,
            @JsonProperty("keep-alive") @Nullable String keepAlive) {}

    /** One of a route's targets. */
    record TargetEntry(
            @Nullable String provider,
            @Nullable String model,
            @Nullable Double weight,
            @Nullable Boolean prefill) {}

    /** {@code tls:} */
    record TlsEntry(@Nullable String certificate, @Nullable String key) {}

    /** {@code records:} */
    record RecordsEntry(
            @Nullable String slow,
            @Nullable Double sample,
            @JsonProperty("calls-for") @Nullable String callsFor,
            @JsonProperty("counters-for") @Nullable String countersFor,
            @Nullable String size) {}

    /** {@code admin:} */
    record AdminEntry(
            @Nullable String listen,
            @JsonProperty("key-file") @Nullable String keyFile) {}

    /** {@code limits:} */
    record LimitsEntry(
            @Nullable String body,
            @Nullable String head,
            @Nullable Integer connections,
            @JsonProperty("head-time") @Nullable String headTime,
            @JsonProperty("body-time") @Nullable String bodyTime) {}
}
