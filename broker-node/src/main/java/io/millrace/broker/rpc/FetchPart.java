package io.millrace.broker.rpc;

import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.PartitionView;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.PartitionData;
import java.util.Optional;

/** One partition of a unary fetch. Confined to the runs of its call. */
final class FetchPart {
  private final Partitions partitions;
  private final TopicIdPartition id;
  private final Optional<MillraceError> refusal;
  private final ReadPosition position;
  private final int maxBytes;

  /** The bytes between the position and {@link #measuredTo}. */
  private long measured;

  /** At or above the position's offset. */
  private long measuredTo;

  private boolean decided;

  /**
   * Makes a part.
   *
   * @param refusal why the caller may not read it
   */
  FetchPart(
      Partitions partitions,
      TopicIdPartition id,
      Optional<MillraceError> refusal,
      ReadPosition position,
      int maxBytes) {
    this.partitions = partitions;
    this.id = id;
    this.refusal = refusal;
    this.position = position;
    this.maxBytes = maxBytes;
    this.measuredTo = position.offset();
  }

  /** The partition, if it may be read and is on this broker. */
  Optional<PartitionHost> host() {
    return refusal.isPresent() ? Optional.empty() : partitions.find(id);
  }

  /** Looks, at positions only, what a read would bring by now. */
  void look(PartitionReader reader) {
    Optional<PartitionHost> host = host();
    decided = host.isEmpty() || reader.verdict(host.get(), host.get().view(), position).isPresent();
    if (!decided) {
      measured += reader.guarded(host.get(), this::newlyVisible, (view, error) -> failed());
    }
  }

  private long newlyVisible(PartitionView view) {
    long bound = PartitionReader.bound(view, position);
    long from = Math.max(measuredTo, view.logStartOffset());
    long bytes = view.log().bytesBetween(from, bound);
    measuredTo = Math.max(measuredTo, bound);
    return bytes;
  }

  private long failed() {
    decided = true;
    return 0;
  }

  /**
   * Whether it must be answered at once, by what the last look found: it is not here, or in error,
   * or diverges, or another replica is the better one to read.
   */
  boolean decided() {
    return decided;
  }

  /** The bytes that a read would bring, about. */
  long available() {
    return Math.min(measured, maxBytes);
  }

  /**
   * Reads what there is.
   *
   * @param room the most bytes
   * @param atLeastOneBatch whether the first batch comes even if it is larger
   */
  PartitionData read(PartitionReader reader, int room, boolean atLeastOneBatch) {
    return host()
        .map(here -> reader.read(here, position, Math.min(room, maxBytes), atLeastOneBatch).data())
        .orElseGet(() -> notHere(id, refusal.orElseGet(() -> partitions.whyNotHere(id))));
  }

  /** What is said of a partition that can't be looked at. */
  static PartitionData notHere(TopicIdPartition id, MillraceError why) {
    return PartitionData.newBuilder()
        .setTopicId(Uuids.toBytes(id.topicId()))
        .setPartition(id.partition())
        .setError(RpcErrors.toProto(why))
        .setHighWatermark(-1)
        .setLastStableOffset(-1)
        .setLogStartOffset(-1)
        .setLeaderEpoch(-1)
        .build();
  }
}
