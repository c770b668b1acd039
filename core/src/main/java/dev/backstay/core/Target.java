package dev.backstay.core;

/**
 * What is asked: the key under which calls share a {@link Gate} and a {@link RetryBudget}.
 *
 * @param host the host and port that answers
 * @param model the model or deployment; one that is down says nothing about the others
 */
public record Target(String host, String model) {

    @Override
    public String toString() {
        return host + "/" + model;
    }
}
