package io.millrace.client.api;

/**
 * One thing that a node knows of the cluster.
 *
 * @param path the names from the root to it, each after a slash, such as {@code
 *     /topics/orders/partitions/0/leader}; {@code %} and {@code /} within a name are written {@code
 *     %25} and {@code %2F}
 * @param value a {@link String}, a {@link Long}, or a list of these
 */
public record MetadataValue(String path, Object value) {}
