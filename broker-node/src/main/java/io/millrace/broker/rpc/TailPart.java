package io.millrace.broker.rpc;

import io.millrace.common.TopicIdPartition;
import io.millrace.proto.v1.TailStart;

/**
 * What a tail wants of a partition.
 *
 * @param start where it begins
 * @param endOffset where it ends; {@link #NO_END} to follow, {@link #AT_HIGH_WATERMARK} for where
 *     the high watermark is when it begins
 */
record TailPart(TopicIdPartition id, TailStart start, long endOffset) {
  static final long NO_END = Long.MAX_VALUE;
  static final long AT_HIGH_WATERMARK = -1;

  /** The rest of it, from an offset on. */
  static TailPart rest(TopicIdPartition id, long offset, long endOffset) {
    return new TailPart(id, TailStart.newBuilder().setOffset(offset).build(), endOffset);
  }
}
