package dev.backstay.core;

/**
 * What is asked.
 *
 * <p>Calls to the same host and model share a {@link Gate} and a {@link Pace}: one model that is down says nothing about the
 * others. Calls with the same credential and model share a {@link Limiter}, whatever the host.
 *
 * <p>Immutable.
 *
 * @param host the host and port that answers
 * @param model the model or deployment
 * @param credential names the key that pays, without being it: a hash, or the name of a setting; empty if there is one key
 * @param resumes whether it can go on where a broken answer ended (raw completions, or a chat that takes a prefix)
 */
public record Target(String host, String model, String credential, boolean resumes) {

    /** A target with the only key there is, which cannot resume. */
    public Target(String host, String model) {
        this(host, model, "", false);
    }

    /** The same, if it can go on where a broken answer ended. */
    public Target resuming() {
        return new Target(host, model, credential, true);
    }

    /** Who shares its limits. */
    record Quota(String credential, String model) {}

    /** Who shares its fate. */
    record Place(String host, String model) {}

    Quota quota() {
        return new Quota(credential, model);
    }

    Place place() {
        return new Place(host, model);
    }

    @Override
    public String toString() {
        return host + "/" + model;
    }
}
