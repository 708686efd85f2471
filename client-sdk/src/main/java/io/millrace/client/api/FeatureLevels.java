package io.millrace.client.api;

/**
 * The feature levels of the cluster: which formats and records may be written.
 *
 * @param level the level in force
 * @param minSupported the lowest level that all registered brokers can run at
 * @param maxSupported the highest such level
 */
public record FeatureLevels(int level, int minSupported, int maxSupported) {}
