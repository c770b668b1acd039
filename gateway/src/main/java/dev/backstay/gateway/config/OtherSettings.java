package dev.backstay.gateway.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.backstay.client.SettingsFile;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Settings that do not stand in the file. Those of environment variables go over it: {@code BACKSTAY_UPSTREAM_URL} is
 * {@code upstream.url}. Only these are read: Kubernetes puts variables of its own ({@code BACKSTAY_PORT}) into every pod.
 */
final class OtherSettings {

    private static final List<String> PATHS = List.of(
            "listen",
            "upstream.url",
            "upstream.provider",
            "upstream.api-key-env",
            "upstream.api-key-file",
            "upstream.api-key-header",
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
            "admin.listen",
            "admin.key-file",
            "drain");

    private OtherSettings() {}

    /** Puts those of the environment over what stands in the file. */
    static void over(ObjectNode file, SettingsFile.Environment environment) {
        for (String path : PATHS) {
            String value = environment.get(variable(path));
            if (value != null) {
                parent(file, path).put(name(path), value);
            }
        }
    }

    /** Puts what is usual where nothing else is said. */
    static void under(ObjectNode settings, Map<String, String> usual) {
        usual.forEach((path, value) -> {
            ObjectNode parent = parent(settings, path);
            if (!parent.hasNonNull(name(path))) {
                parent.put(name(path), value);
            }
        });
    }

    private static ObjectNode parent(ObjectNode settings, String path) {
        int dot = path.indexOf('.');
        return dot < 0 ? settings : settings.withObject("/" + path.substring(0, dot));
    }

    private static String name(String path) {
        return path.substring(path.indexOf('.') + 1);
    }

    private static String variable(String path) {
        return "BACKSTAY_" + path.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
    }
}
