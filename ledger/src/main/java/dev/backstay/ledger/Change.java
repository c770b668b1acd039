package dev.backstay.ledger;

/**
 * A change to a resource, with what spoke for it.
 *
 * <p>Immutable.
 *
 * @param id its own name
 * @param atMs when, in milliseconds since 1970
 * @param account whose
 * @param resource which, for example {@code deployments/chat}
 * @param what from what to what
 * @param evidence what was seen
 * @param applied whether it was made, or only proposed
 */
public record Change(
        String id, long atMs, String account, String resource, String what, String evidence, boolean applied) {}
