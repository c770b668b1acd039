package dev.backstay.gateway.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.backstay.client.SettingsFile;
import java.util.List;
import java.util.Locale;

/**
 * Settings from environment variables, over those of the file: {@code BACKSTAY_UPSTREAM_URL} is {@code upstream.url}. Only these are
 * read: Kubernetes puts variables of its own ({@code BACKSTAY_PORT}) into every pod.
 */
final class EnvironmentSettings {

    private static final List<String> PATHS = List.of(
            "listen",
            "upstream.url",
            "upstream.provider",
            "upstream.api-key-env",
            "upstream.api-key-file",
            "upstream.allow-plain-http",
            "upstream.proxy",
            "upstream.ca",
            "max-attempts",
            "workload",
            "timeouts.connect",
            "timeouts.write",
            "timeouts.first-token",
            "timeouts.answer",
            "timeouts.idle",
            "timeouts.total",
            "stream",
            "keys",
            "allow-anyone",
            "tls.certificate",
            "tls.key",
            "limits.body",
            "limits.head",
            "limits.connections",
            "limits.head-time",
            "limits.body-time",
            "access-log",
            "ledger",
            "records.slow",
            "records.sample",
            "records.calls-for",
            "records.counters-for",
            "records.size",
            "drain");

    private EnvironmentSettings() {}

    /**
     * Puts them over what stands in the file.
     *
     * @return whether there are any
     */
    static boolean over(ObjectNode file, SettingsFile.Environment environment) {
        boolean any = false;
        for (String path : PATHS) {
            String value = environment.get(variable(path));
            if (value != null) {
                int dot = path.indexOf('.');
                ObjectNode parent = dot < 0 ? file : file.withObject("/" + path.substring(0, dot));
                parent.put(path.substring(dot + 1), value);
                any = true;
            }
        }
        return any;
    }

    static String variable(String path) {
        return "BACKSTAY_" + path.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
    }
}
