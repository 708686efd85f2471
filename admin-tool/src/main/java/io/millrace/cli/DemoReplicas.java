package io.millrace.cli;

import io.millrace.common.time.Clock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Compares what the nodes of a demo have on disk, byte by byte. Stateless. */
final class DemoReplicas {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private DemoReplicas() {}

  /**
   * One replica's log.
   *
   * @param digest of all of its segments
   */
  private record Copy(long bytes, String digest) {}

  /**
   * Waits until all nodes have the same.
   *
   * @return how many bytes each of them has; empty if they do not come to be the same
   */
  static Optional<Long> awaitSame(List<DevNode> nodes, int partitions, Clock clock)
      throws IOException {
    long endMs = clock.monotonicMs() + PATIENCE.toMillis();
    Optional<Long> same = same(nodes, partitions);
    while (same.isEmpty() && clock.monotonicMs() < endMs) {
      same = same(nodes, partitions);
    }
    return same;
  }

  private static Optional<Long> same(List<DevNode> nodes, int partitions) throws IOException {
    long bytes = 0;
    for (int partition = 0; partition < partitions; partition++) {
      List<Copy> copies = new ArrayList<>();
      for (DevNode node : nodes) {
        copies.add(copy(node.local().data().resolve(DemoRun.TOPIC + "-" + partition)));
      }
      if (copies.stream().distinct().count() > 1) {
        return Optional.empty();
      }
      bytes += copies.get(0).bytes();
    }
    return Optional.of(bytes);
  }

  private static Copy copy(Path partition) throws IOException {
    MessageDigest digest = sha256();
    long bytes = 0;
    List<Path> segments;
    try (Stream<Path> files = Files.list(partition)) {
      segments = files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
    }
    for (Path segment : segments) {
      try (InputStream in = new DigestInputStream(Files.newInputStream(segment), digest)) {
        bytes += in.transferTo(java.io.OutputStream.nullOutputStream());
      }
    }
    return new Copy(bytes, HexFormat.of().formatHex(digest.digest()));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
