package dev.backstay.gateway;

import dev.backstay.gateway.config.GatewayConfig;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The certificate that callers see. It is taken only if it is valid now and the key is its key. */
final class Certificates {

    private static final Pattern KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
    private static final byte[] NONCE = {1, 2, 3, 4};

    private Certificates() {}

    /** @throws IOException saying which of the two files is wrong, and how; never what stands in the key */
    static SslContext server(GatewayConfig.TlsConfig files) throws IOException {
        List<X509Certificate> chain = chain(files);
        PrivateKey key = key(files);
        try {
            chain.get(0).checkValidity();
            if (!belong(key, chain.get(0))) {
                throw new IOException("tls: " + files.key() + " is not the key of " + files.certificate());
            }
        } catch (GeneralSecurityException wrong) {
            throw new IOException("tls: " + files.certificate() + " is not valid: " + wrong.getMessage());
        }
        return SslContextBuilder.forServer(key, chain.toArray(X509Certificate[]::new))
                .sslProvider(SslProvider.JDK)
                .build();
    }

    private static List<X509Certificate> chain(GatewayConfig.TlsConfig files) throws IOException {
        try (InputStream in = Files.newInputStream(files.certificate())) {
            List<X509Certificate> chain = CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
                    .map(X509Certificate.class::cast)
                    .toList();
            if (!chain.isEmpty()) {
                return chain;
            }
        } catch (GeneralSecurityException notCertificates) {
            // said below, like none
        }
        throw new IOException("tls: " + files.certificate() + " has no certificate in PEM");
    }

    private static PrivateKey key(GatewayConfig.TlsConfig files) throws IOException {
        Matcher pem = KEY.matcher(Files.readString(files.key()));
        if (pem.find()) {
            PKCS8EncodedKeySpec spec =
                    new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1)));
            for (String algorithm : List.of("EC", "RSA", "EdDSA")) {
                try {
                    return KeyFactory.getInstance(algorithm).generatePrivate(spec);
                } catch (GeneralSecurityException another) {
                    // the next one is tried
                }
            }
        }
        throw new IOException("tls: " + files.key() + " has no private key in PKCS#8 without a password;"
                + " openssl pkcs8 -topk8 -nocrypt makes one");
    }

    private static boolean belong(PrivateKey key, X509Certificate certificate) throws GeneralSecurityException {
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
        try {
            Signature signer = Signature.getInstance(algorithm);
            signer.initSign(key);
            signer.update(NONCE);
            byte[] signed = signer.sign();
            signer.initVerify(certificate.getPublicKey());
            signer.update(NONCE);
            return signer.verify(signed);
        } catch (java.security.InvalidKeyException | java.security.SignatureException another) {
            return false;
        }
    }
}
