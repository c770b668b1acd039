package dev.backstay.ledger;

/**
 * What one address of a host did in one minute when connections to it were tried.
 *
 * <p>Immutable.
 *
 * @param minuteMs the beginning of the minute, in milliseconds since 1970
 * @param host whose address
 * @param address as numbers, with the port
 * @param answer {@code connected}, {@code refused} or {@code silent}
 * @param tries how often
 */
public record AddressTally(long minuteMs, String host, String address, String answer, long tries) {}
