package io.millrace.broker.log.dir;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/**
 * Ids for data directories. The first one of a node is known from cluster and node, so that the
 * voters of a new cluster can name each other before any has been formatted; every later one is
 * drawn at random by its caller, so that a wiped directory is a different one.
 */
public final class DirectoryIds {
  /** Drawn once for this purpose. */
  private static final UUID NAMESPACE = UUID.fromString("6f7f0b54-34c0-4c7e-9d5b-0a5be1c1a6de");

  private DirectoryIds() {}

  /** The id of the directory that a node is first formatted with: version 5 of RFC 9562. */
  public static UUID first(String clusterId, int nodeId) {
    byte[] name = (clusterId + "/" + nodeId).getBytes(StandardCharsets.UTF_8);
    ByteBuffer hashed =
        ByteBuffer.allocate(16 + name.length)
            .putLong(NAMESPACE.getMostSignificantBits())
            .putLong(NAMESPACE.getLeastSignificantBits())
            .put(name);
    ByteBuffer digest = ByteBuffer.wrap(sha1().digest(hashed.array()));
    long high = (digest.getLong() & ~0xf000L) | 0x5000L;
    long low = (digest.getLong() & 0x3fff_ffff_ffff_ffffL) | 0x8000_0000_0000_0000L;
    return new UUID(high, low);
  }

  private static MessageDigest sha1() {
    try {
      return MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-1 (expected: every Java platform has it)", e);
    }
  }
}
