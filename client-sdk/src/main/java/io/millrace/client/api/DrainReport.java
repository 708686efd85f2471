package io.millrace.client.api;

/**
 * A broker that was drained, or is no longer.
 *
 * @param nodeId its node id
 * @param drained whether it is to lead nothing that another one can
 * @param leaders how many partitions it leads
 */
public record DrainReport(int nodeId, boolean drained, int leaders) {}
