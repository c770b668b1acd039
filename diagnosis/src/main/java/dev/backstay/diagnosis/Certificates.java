package dev.backstay.diagnosis;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509TrustManager;

/** Is the other side who it says it is, and until when? What is refused is looked at again without trust, to say why. */
final class Certificates {

    static final String STEP = "tls";

    /** Certificates that are renewed by machines are renewed earlier than this. */
    private static final Duration SOON = Duration.ofDays(14);

    private static final int LINES_LIMIT = 100;

    private Certificates() {}

    static void look(Examination exam) {
        Patient patient = exam.patient();
        if (!patient.isSecure()) {
            return;
        }
        exam.begin();
        try (SSLSocket socket = shake(exam, Trust.of(patient.ca()), true)) {
            X509Certificate own = own(socket);
            Duration left =
                    Duration.between(exam.clock().now(), own.getNotAfter().toInstant());
            String what = socket.getSession().getProtocol()
                    + (socket.getApplicationProtocol().isEmpty() ? "" : ", " + socket.getApplicationProtocol())
                    + ", certificate of " + issuer(own) + " until "
                    + day(own.getNotAfter().toInstant());
            if (left.compareTo(SOON) < 0) {
                exam.warn(
                        STEP,
                        what + ", in " + left.toDays() + " days",
                        "see that it is renewed: from that day on every new connection fails");
            } else {
                exam.pass(STEP, what);
            }
        } catch (SocketTimeoutException silent) {
            noTls(exam, "no answer to the greeting");
        } catch (IOException | GeneralSecurityException refused) {
            explain(exam, refused);
        }
    }

    private static void explain(Examination exam, Exception refused) {
        String said = String.valueOf(refused.getMessage());
        try (SSLSocket socket = shake(exam, new Trust.Anybody(), false)) {
            X509Certificate own = own(socket);
            Instant now = exam.clock().now();
            Instant from = own.getNotBefore().toInstant();
            Instant until = own.getNotAfter().toInstant();
            String host = exam.patient().host();
            if (now.isBefore(from) || now.isAfter(until)) {
                when(exam, own, date(socket, host));
            } else if (!names(own).stream().anyMatch(name -> covers(name, host))) {
                exam.fail(
                        STEP,
                        "the certificate is for " + String.join(", ", names(own)) + ", not for " + host,
                        "check the URL; if it is right, something stands between you and " + host
                                + " and answers for it");
            } else {
                exam.fail(
                        STEP,
                        "the certificate is of " + issuer(own) + ", whom this machine does not trust (" + said + ")",
                        "if that is your own authority, or a proxy that looks into TLS, name its certificate in the settings"
                                + " (upstream.ca)");
            }
        } catch (IOException | GeneralSecurityException again) {
            noTls(exam, said);
        }
    }

    private static void noTls(Examination exam, String said) {
        exam.fail(
                STEP,
                "the handshake fails: " + said,
                "check that the port speaks TLS, and that nothing between (proxy, firewall) breaks it");
    }

    /** It is out of its time by our clock; by theirs, if they say it, one can see whose clock is wrong. */
    private static void when(Examination exam, X509Certificate own, Optional<Instant> theirs) {
        Instant from = own.getNotBefore().toInstant();
        Instant until = own.getNotAfter().toInstant();
        Instant now = exam.clock().now();
        boolean goodByTheirs = theirs.isPresent()
                && !theirs.get().isBefore(from)
                && !theirs.get().isAfter(until);
        if (goodByTheirs) {
            exam.ahead = Optional.of(Duration.between(theirs.get(), now));
            exam.fail(
                    Service.CLOCK,
                    "this machine's clock says " + day(now) + ", the server's " + day(theirs.get())
                            + "; so the certificate seems to be out of its time",
                    "set this machine's clock (timedatectl, chrony)");
        } else if (now.isAfter(until)) {
            exam.fail(
                    STEP,
                    "the certificate expired on " + day(until),
                    "tell who runs " + exam.patient().host() + "; until then nobody can connect safely");
        } else {
            exam.fail(
                    STEP,
                    "the certificate is valid from " + day(from) + " on, and this machine's clock says " + day(now),
                    "check this machine's clock; if it is right, tell who runs "
                            + exam.patient().host());
        }
    }

    private static SSLSocket shake(Examination exam, X509TrustManager trust, boolean strictly)
            throws IOException, GeneralSecurityException {
        Patient patient = exam.patient();
        Socket plain = Tunnel.open(exam);
        try {
            SSLSocket socket = (SSLSocket)
                    Trust.context(trust).getSocketFactory().createSocket(plain, patient.host(), patient.port(), true);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"http/1.1"});
            if (strictly) {
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
            }
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return socket;
        } catch (IOException | RuntimeException failed) {
            plain.close();
            throw failed;
        }
    }

    private static X509Certificate own(SSLSocket socket) throws IOException {
        return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }

    /** What time the server thinks it is. Nothing but the name of the host is sent. */
    private static Optional<Instant> date(SSLSocket socket, String host) throws IOException {
        socket.getOutputStream()
                .write(("HEAD / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
                        .getBytes(StandardCharsets.ISO_8859_1));
        BufferedReader reader =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
        String line = reader.readLine();
        for (int lines = 0; line != null && !line.isEmpty() && lines < LINES_LIMIT; lines++) {
            if (line.regionMatches(true, 0, "date:", 0, 5)) {
                return time(line.substring(5));
            }
            line = reader.readLine();
        }
        return Optional.empty();
    }

    /** The time in a header; empty if it is none. */
    static Optional<Instant> time(String header) {
        try {
            return Optional.of(ZonedDateTime.parse(header.strip(), DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant());
        } catch (DateTimeParseException noDate) {
            return Optional.empty();
        }
    }

    private static List<String> names(X509Certificate own) {
        List<String> names = new ArrayList<>();
        try {
            if (own.getSubjectAlternativeNames() != null) {
                own.getSubjectAlternativeNames().forEach(each -> names.add(String.valueOf(each.get(1))));
            }
        } catch (CertificateParsingException unreadable) {
            names.clear();
        }
        return names.isEmpty() ? List.of(own.getSubjectX500Principal().getName()) : names;
    }

    /** Wildcards stand for one label (RFC 9525 section 6.3). */
    private static boolean covers(String name, String host) {
        String pattern = name.toLowerCase(Locale.ROOT);
        String wanted = host.toLowerCase(Locale.ROOT);
        int dot = wanted.indexOf('.');
        return pattern.equals(wanted)
                || pattern.startsWith("*.") && dot > 0 && pattern.substring(1).equals(wanted.substring(dot));
    }

    private static String issuer(X509Certificate own) {
        String name = own.getIssuerX500Principal().getName();
        for (String part : name.split(",", -1)) {
            if (part.strip().startsWith("O=") || part.strip().startsWith("CN=")) {
                return part.strip().substring(part.strip().indexOf('=') + 1);
            }
        }
        return name;
    }

    private static String day(Instant time) {
        return DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT)
                .withZone(ZoneOffset.UTC)
                .format(time);
    }
}
