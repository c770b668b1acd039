package dev.backstay.ledger;

/**
 * What a provider said of a deployment at a moment.
 *
 * <p>Immutable.
 *
 * @param atMs when it was read, in milliseconds since 1970
 * @param account whose deployment
 * @param deployment its id
 * @param code the HTTP status of errors, or {@link #ALL}
 * @param perSecond requests per second, averaged over the minute before
 */
public record ProviderRate(long atMs, String account, String deployment, String code, double perSecond) {

    /** All requests, whatever came of them. */
    public static final String ALL = "";
}
