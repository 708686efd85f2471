package io.millrace.broker.rpc;

/**
 * What a node says of itself.
 *
 * @param nodeId the node's number
 * @param clusterId the cluster's id
 * @param version the software's version
 * @param maxMessageBytes the most bytes of one message
 * @param producerBatchesRemembered the batches remembered for each producer and partition
 */
public record NodeInfo(
    int nodeId,
    String clusterId,
    String version,
    int maxMessageBytes,
    int producerBatchesRemembered) {}
