package io.millrace.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node that lost its metadata log, or has a damaged one, ends; it does not live on as a zombie.
 */
class DamagedMetadataTest {
  @TempDir Path home;

  @Test
  void damagedOrLostLogEndsTheProcessWithAMessage() throws Exception {
    try (BrokerProcess broker = BrokerProcess.start(home, Map.of())) {
      broker.kill();
      Path log = find(broker.dataDir(), "log_inprogress_0");
      flip(log, 12);
      assertEnds(broker, "a record of the metadata log is damaged");
      flip(log, 12);
      broker.restart();

      broker.kill();
      deleteAll(broker.dataDir().resolve("metadata").resolve("raft"));
      assertEnds(broker, "the metadata log is gone");
    }
  }

  private static void assertEnds(BrokerProcess broker, String message) throws Exception {
    broker.beginAgain();
    assertThat(broker.process().waitFor(Duration.ofSeconds(60))).isEqualTo(1);
    assertThat(broker.process().stderr()).contains(message);
  }

  private static Path find(Path directory, String name) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(file -> file.getFileName().toString().equals(name))
          .findFirst()
          .orElseThrow();
    }
  }

  private static void flip(Path file, long position) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, position);
      one.put(0, (byte) ~one.get(0)).rewind();
      channel.write(one, position);
    }
  }

  private static void deleteAll(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
