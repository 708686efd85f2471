package io.millrace.client.internal;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.UUID;

/** A topic id as the 16 bytes of the wire, big-endian. */
final class Uuids {
  static final int BYTES = 16;

  private Uuids() {}

  static ByteString toBytes(UUID id) {
    ByteBuffer buffer = ByteBuffer.allocate(BYTES);
    buffer.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits()).flip();
    return ByteString.copyFrom(buffer);
  }

  /** All zeros for the empty id of a topic that was only validated. */
  static UUID fromBytes(ByteString bytes) {
    if (bytes.isEmpty()) {
      return new UUID(0, 0);
    }
    if (bytes.size() != BYTES) {
      throw new IllegalArgumentException("topic id: " + bytes.size() + " bytes (expected: 16)");
    }
    ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
    return new UUID(buffer.getLong(), buffer.getLong());
  }
}
