package io.millrace.broker.rpc;

import io.millrace.broker.replica.PartitionView;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import java.util.OptionalInt;
import java.util.function.Supplier;

/** Finds the replica that a reader had better read from (S18, KIP-392). Thread-safe. */
final class NearReplicas {
  private final int brokerId;
  private final Supplier<MetadataImage> image;

  /**
   * Makes the look-up.
   *
   * @param brokerId this broker
   * @param image the newest metadata known here, which know the brokers' racks
   */
  NearReplicas(int brokerId, Supplier<MetadataImage> image) {
    this.brokerId = brokerId;
    this.image = image;
  }

  /**
   * The follower to send a reader to: one in its rack that is in sync and has the offset wanted.
   * Every such follower has what is committed, so that only who is beyond the high watermark waits
   * here.
   *
   * @param view a partition that is led here
   * @return empty if there is none, if this broker stands in the rack, or if the reader stays
   */
  OptionalInt choose(PartitionView view, ReadPosition position) {
    ReadPosition.Reader reader = position.reader();
    if (!reader.wantsNearReplica()
        || view.standing().readReplicas().isEmpty()
        || position.offset() > view.highWatermark()) {
      return OptionalInt.empty();
    }
    MetadataImage known = image.get();
    if (standsIn(known, brokerId, reader.rack())) {
      return OptionalInt.empty();
    }
    return view.standing().readReplicas().stream()
        .mapToInt(id -> id)
        .filter(id -> standsIn(known, id, reader.rack()))
        .findFirst();
  }

  private static boolean standsIn(MetadataImage known, int id, String rack) {
    return known
        .broker(id)
        .filter(BrokerImage::active)
        .filter(broker -> broker.rack().equals(rack))
        .isPresent();
  }
}
