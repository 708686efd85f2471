package io.millrace.broker.rpc;

/**
 * What produce requests share.
 *
 * @param maxPartitions the most partitions of one request or stream
 * @param batchesRemembered the batches that are remembered for each producer and partition
 * @param places bounds the streams of the server
 * @param streams the calls to end when the server shuts down
 */
record ProduceDeps(
    Authorizer authorizer,
    Partitions partitions,
    BatchIntake intake,
    RpcMetrics metrics,
    int maxPartitions,
    int batchesRemembered,
    StreamPlaces places,
    OpenStreams streams) {
  /** What the caller of this thread's call may do. */
  Access access() {
    return Access.ofCall(authorizer, partitions);
  }
}
