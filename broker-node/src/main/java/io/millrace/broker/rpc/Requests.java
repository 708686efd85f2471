package io.millrace.broker.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import java.util.Map;

/** What every service checks in requests. */
final class Requests {
  private Requests() {}

  /** A request that breaks a rule; names the value and what was expected. */
  static MillraceException invalid(String what) {
    return new MillraceException(ErrorCode.INVALID_REQUEST, what);
  }

  /**
   * The broker of a node id.
   *
   * @throws MillraceException with UNKNOWN_BROKER if none is registered
   */
  static BrokerImage broker(MetadataImage image, int nodeId) {
    return image
        .broker(nodeId)
        .orElseThrow(
            () ->
                new MillraceError(
                        ErrorCode.UNKNOWN_BROKER,
                        "broker_id: " + nodeId + " (expected: a broker that is registered)",
                        Map.of("broker_id", "" + nodeId))
                    .exception());
  }

  /**
   * The value of a field that has no negative values.
   *
   * @throws MillraceException with INVALID_REQUEST if it is negative
   */
  static int notNegative(String field, int value) {
    notNegative(field, (long) value);
    return value;
  }

  /** The same of a 64-bit field. */
  static long notNegative(String field, long value) {
    if (value < 0) {
      throw invalid(field + ": " + value + " (expected: >= 0)");
    }
    return value;
  }
}
