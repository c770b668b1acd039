package dev.backstay.fireworks;

import java.net.URI;
import java.util.OptionalInt;

/**
 * A trainer that has shown that it serves.
 *
 * @param jobName its full name
 * @param jobId its id
 * @param baseUrl where its data plane is
 * @param maxContextLength if it says
 */
public record TrainerEndpoint(String jobName, String jobId, URI baseUrl, OptionalInt maxContextLength) {}
