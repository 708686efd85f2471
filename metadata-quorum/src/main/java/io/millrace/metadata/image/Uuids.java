package io.millrace.metadata.image;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.UUID;

/** UUIDs as the 16 bytes of the records, the most significant first. */
public final class Uuids {
  private Uuids() {}

  /** The 16 bytes of a UUID. */
  public static ByteString toBytes(UUID id) {
    ByteBuffer bytes = ByteBuffer.allocate(16);
    bytes.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits()).flip();
    return ByteString.copyFrom(bytes);
  }

  /**
   * The UUID of 16 bytes.
   *
   * @throws IllegalArgumentException if there are not 16
   */
  public static UUID fromBytes(ByteString bytes) {
    if (bytes.size() != 16) {
      throw new IllegalArgumentException("id: " + bytes.size() + " bytes (expected: 16)");
    }
    ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
    long high = buffer.getLong();
    return new UUID(high, buffer.getLong());
  }
}
