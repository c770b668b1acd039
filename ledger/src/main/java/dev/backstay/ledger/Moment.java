package dev.backstay.ledger;

/**
 * One line in the life of a call.
 *
 * <p>Immutable.
 *
 * @param atMicros when it began, in microseconds after the call arrived
 * @param tookMicros how long it lasted
 * @param what {@code attempt}, the label of a phase, {@code wait}, {@code failed}, {@code completed} or {@code end}
 * @param attempt of which attempt, from 1; 0 if of none
 * @param text what there is to say: a target, addresses, a failure, a reason. Never a prompt or a key
 */
public record Moment(long atMicros, long tookMicros, String what, int attempt, String text) {}
