package io.millrace.broker.rpc;

import io.millrace.common.time.Scheduler;
import java.util.concurrent.Executor;

/**
 * What reading requests share.
 *
 * @param threads the fetch threads; each open call takes at most one place in their queue
 * @param scheduler for the ends of long polls; its tasks only call the fetch threads
 * @param limits the bounds of requests and answers
 * @param streams the calls to end when the server shuts down
 */
record FetchDeps(
    Partitions partitions,
    PartitionReader reader,
    Executor threads,
    Scheduler scheduler,
    FetchLimits limits,
    OpenStreams streams) {}
