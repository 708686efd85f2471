/**
 * The gRPC face of the broker: one class for each service of {@code millrace.v1}, and what they
 * share: limits, the error model, the request's context.
 *
 * <p>Handlers run on the transport's threads and never block: appends go to the partition's shard,
 * reads to the fetch threads. Start with {@link io.millrace.broker.rpc.RpcErrors}.
 */
@NullMarked
package io.millrace.broker.rpc;

import org.jspecify.annotations.NullMarked;
