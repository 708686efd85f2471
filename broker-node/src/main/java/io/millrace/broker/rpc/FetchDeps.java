package io.millrace.broker.rpc;

import io.millrace.broker.rpc.wire.TransportAllocator;
import io.millrace.common.time.Scheduler;
import java.util.concurrent.Executor;

/**
 * What reading requests share.
 *
 * @param memory for the messages of streams: the transport's own, which it writes them from
 * @param threads the fetch threads; each open call takes at most one place in their queue
 * @param scheduler for the ends of long polls; its tasks only call the fetch threads
 * @param limits the bounds of requests and answers
 * @param places bounds the fetch streams and tails of the server
 * @param streams the calls to end when the server shuts down
 */
record FetchDeps(
    Authorizer authorizer,
    Partitions partitions,
    PartitionReader reader,
    TransportAllocator memory,
    Executor threads,
    Scheduler scheduler,
    FetchLimits limits,
    StreamPlaces places,
    OpenStreams streams) {
  /** What the caller of this thread's call may do. */
  Access access() {
    return Access.ofCall(authorizer, partitions);
  }
}
