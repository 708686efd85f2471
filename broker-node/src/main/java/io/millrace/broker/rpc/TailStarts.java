package io.millrace.broker.rpc;

import io.millrace.broker.replica.PartitionHost;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.proto.internal.v1.TailBounds;
import io.millrace.proto.v1.TailStart;
import java.util.List;

/** Finds where tails begin in partitions that this broker leads. Blocks on the disk. */
final class TailStarts {
  private TailStarts() {}

  /** A place or an error for each partition. */
  static List<TailBounds> find(FetchDeps deps, List<TopicIdPartition> parts, TailStart start) {
    return parts.stream().map(id -> find(deps, id, start)).toList();
  }

  private static TailBounds find(FetchDeps deps, TopicIdPartition id, TailStart start) {
    TailBounds.Builder bounds = TailBounds.newBuilder().setPartition(id.partition());
    try {
      PartitionHost host = deps.partitions().require(id);
      return bounds
          .setOffset(TailCursor.startOffset(deps.reader(), host, start))
          .setHighWatermark(host.view().highWatermark())
          .build();
    } catch (MillraceException refused) {
      return bounds.setError(RpcErrors.toProto(refused.error())).build();
    }
  }
}
