package io.millrace.metadata.image;

import io.millrace.metadata.image.SnapshotCodec.Snapshot;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** Snapshots in memory. */
public final class SnapshotBytes {
  private SnapshotBytes() {}

  public static byte[] encode(MetadataImage image) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    SnapshotCodec.encode(
        new Snapshot("c1", image),
        piece -> {
          byte[] copy = new byte[piece.remaining()];
          piece.get(copy);
          bytes.writeBytes(copy);
        });
    return bytes.toByteArray();
  }

  public static Snapshot decode(byte[] bytes) throws CorruptSnapshotException {
    ByteBuffer left = ByteBuffer.wrap(bytes);
    return SnapshotCodec.decode(
        count -> {
          byte[] piece = new byte[Math.min(count, left.remaining())];
          left.get(piece);
          return ByteBuffer.wrap(piece);
        });
  }

  /** The image, written and read again. */
  public static MetadataImage throughBytes(MetadataImage image) {
    try {
      return decode(encode(image)).image();
    } catch (CorruptSnapshotException e) {
      throw new AssertionError(e);
    }
  }
}
