package dev.backstay.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketException;
import java.security.cert.CertificateExpiredException;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.junit.jupiter.api.Test;

class UntrustedTest {

    @Test
    void what_the_next_try_does_not_change() {
        List<Throwable> all = List.of(
                new SSLHandshakeException("PKIX path building failed").initCause(new CertificateExpiredException()),
                new IOException(new SSLPeerUnverifiedException("Hostname x not verified")),
                new SSLHandshakeException("Received fatal alert: unknown_ca"),
                new SSLHandshakeException("Received fatal alert: protocol_version"),
                new SSLException("Received fatal alert: certificate_required"));
        assertThat(all).allMatch(Untrusted::is);
    }

    @Test
    void what_it_may_change() {
        List<Throwable> all = List.of(
                new SocketException("Connection reset"),
                new SSLException("Remote host terminated the handshake"),
                new SSLHandshakeException("Received fatal alert: internal_error"),
                new SSLException("readHandshakeRecord", new SocketException("Broken pipe")),
                new IOException("the certificate of a proxy is not TLS"));
        assertThat(all).noneMatch(Untrusted::is);
        assertThat(Untrusted.is(null)).isFalse();
    }
}
