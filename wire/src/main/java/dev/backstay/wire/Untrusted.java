package dev.backstay.wire;

import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.util.Locale;
import java.util.Set;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * Failures of TLS that the next try does not change: nobody vouches for the certificate, it has expired, it is for another name, or the
 * two sides have no version in common. A reset or a silence while a connection is secured is none of them.
 *
 * <p>Source of the alerts: RFC 8446 section 6.2, in the words of the JDK.
 */
public final class Untrusted {

    private static final int DEEPEST = 10;

    private static final Set<String> ALERTS =
            Set.of("certificate", "unknown_ca", "protocol_version", "no appropriate protocol", "unrecognized_name");

    private Untrusted() {}

    /** Whether this failure, or what caused it, is one of them. */
    public static boolean is(@Nullable Throwable failure) {
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < DEEPEST; depth++) {
            if (cause instanceof CertificateException
                    || cause instanceof CertPathValidatorException
                    || cause instanceof SSLPeerUnverifiedException
                    || cause instanceof SSLException && speaksOfIt(cause.getMessage())) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }

    private static boolean speaksOfIt(@Nullable String message) {
        String words = String.valueOf(message).toLowerCase(Locale.ROOT);
        return ALERTS.stream().anyMatch(words::contains);
    }
}
