package io.millrace.metadata.controller;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import java.util.Map;

/** Finds the broker that a command names. */
final class BrokerLookup {
  private BrokerLookup() {}

  /**
   * The broker of a registration.
   *
   * @throws io.millrace.common.MillraceException if the broker is not registered, or anew since
   */
  static BrokerImage registered(MetadataImage image, int brokerId, long brokerEpoch) {
    return image
        .broker(brokerId)
        .filter(broker -> broker.epoch() == brokerEpoch)
        .orElseThrow(() -> stale(image, brokerId, brokerEpoch).exception());
  }

  /**
   * The broker of a node id.
   *
   * @throws io.millrace.common.MillraceException if none is registered
   */
  static BrokerImage existing(MetadataImage image, int brokerId) {
    return image
        .broker(brokerId)
        .orElseThrow(
            () ->
                new MillraceError(
                        ErrorCode.UNKNOWN_BROKER,
                        "broker: " + brokerId + " (expected: one that is registered)",
                        Map.of("broker_id", "" + brokerId))
                    .exception());
  }

  private static MillraceError stale(MetadataImage image, int brokerId, long brokerEpoch) {
    String expected =
        image.broker(brokerId).map(known -> "epoch " + known.epoch()).orElse("a registered broker");
    return new MillraceError(
        ErrorCode.STALE_BROKER_EPOCH,
        "broker " + brokerId + ", epoch: " + brokerEpoch + " (expected: " + expected + ")",
        Map.of("broker_id", "" + brokerId, "broker_epoch", "" + brokerEpoch));
  }
}
