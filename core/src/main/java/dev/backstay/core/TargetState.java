package dev.backstay.core;

/**
 * What the calls to one target share.
 *
 * @param gate is it alive?
 * @param budget can we afford another try?
 */
public record TargetState(Gate gate, RetryBudget budget) {

    static TargetState fresh() {
        return new TargetState(new Gate(), new RetryBudget());
    }
}
