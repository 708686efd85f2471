package io.millrace.broker.rpc;

import com.google.protobuf.ByteString;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.metadata.image.Uuids;
import java.util.UUID;

/** Topic ids as clients send them. */
final class TopicIds {
  private static final int BYTES = 16;

  private TopicIds() {}

  /**
   * Reads an id.
   *
   * @throws MillraceException with {@link ErrorCode#INVALID_REQUEST} unless there are 16 bytes
   */
  static UUID fromBytes(ByteString bytes) {
    if (bytes.size() != BYTES) {
      throw new MillraceException(
          ErrorCode.INVALID_REQUEST, "topic_id: " + bytes.size() + " bytes (expected: 16)");
    }
    return Uuids.fromBytes(bytes);
  }
}
