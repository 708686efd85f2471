package io.millrace.cli;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A SHA-256 for each partition over its records in order, each with its length before it. Two are
 * equal only if no record is lost, doubled, changed or out of order. Confined to one thread.
 */
final class DemoDigests {
  private final List<MessageDigest> partitions = new ArrayList<>();
  private final long[] records;
  private long bytes;

  DemoDigests(int partitionCount) {
    for (int i = 0; i < partitionCount; i++) {
      partitions.add(sha256());
    }
    records = new long[partitionCount];
  }

  void add(int partition, byte[] value) {
    MessageDigest digest = partitions.get(partition);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, value.length));
    digest.update(value);
    records[partition]++;
    bytes += value.length;
  }

  long records(int partition) {
    return records[partition];
  }

  long records() {
    long all = 0;
    for (long some : records) {
      all += some;
    }
    return all;
  }

  long bytes() {
    return bytes;
  }

  /** The digests so far, in hexadecimal. */
  List<String> results() {
    List<String> results = new ArrayList<>();
    for (MessageDigest partition : partitions) {
      try {
        MessageDigest copy = (MessageDigest) partition.clone();
        results.add(HexFormat.of().formatHex(copy.digest()));
      } catch (CloneNotSupportedException e) {
        throw new IllegalStateException("SHA-256 can't be copied", e);
      }
    }
    return results;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
