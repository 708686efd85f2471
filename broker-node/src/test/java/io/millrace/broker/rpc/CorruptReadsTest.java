package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CorruptReadsTest {
  private static final TopicPartition NAME = new TopicPartition("orders", 3);

  private final TopicIdPartition id = new TopicIdPartition(UUID.randomUUID(), 3);
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private long logStart;
  private final CorruptReads corrupt =
      new CorruptReads(registry, (partition, offset) -> offset >= logStart);

  @Test
  void S25_aCorruptBatchIsLoggedOnceAndCountedAtEveryRead() {
    try (LogLines log = new LogLines(CorruptReads.class)) {
      for (int i = 0; i < 100; i++) {
        corrupt.report(id, NAME, 5, "offset 5: crc");
      }
      corrupt.report(id, NAME, 9, "offset 9: crc");
      assertThat(log.lines).hasSize(2);
      assertThat(log.lines.get(0)).startsWith("ERROR [orders-3]").endsWith("offset 5: crc");
    }
    assertThat(registry.get("millrace.fetch.corrupt.batches").counter().count()).isEqualTo(101);
    assertThat(batches()).isEqualTo(2);
  }

  @Test
  void whatIsNoLongerInTheLogIsNoLongerShown() {
    corrupt.report(id, NAME, 5, "offset 5: crc");
    corrupt.report(id, NAME, 9, "offset 9: crc");
    assertThat(corrupt.found())
        .containsExactly("[orders-3] offset 5: crc", "[orders-3] offset 9: crc");
    logStart = 6;
    assertThat(corrupt.found()).containsExactly("[orders-3] offset 9: crc");
    assertThat(batches()).isEqualTo(1);
  }

  @Test
  void aDiskFullOfCorruptBatchesFillsNeitherMemoryNorTheLog() {
    try (LogLines log = new LogLines(CorruptReads.class)) {
      for (int offset = 0; offset < 2 * CorruptReads.MOST_REMEMBERED; offset++) {
        corrupt.report(id, NAME, offset, "crc");
      }
      assertThat(log.lines).hasSize(CorruptReads.MOST_REMEMBERED);
      assertThat(corrupt.found()).hasSize(CorruptReads.MOST_REMEMBERED);
      logStart = 1_990;
      corrupt.report(id, NAME, 2_500, "crc");
      assertThat(corrupt.found()).containsExactly("[orders-3] crc");
      assertThat(log.lines).hasSize(CorruptReads.MOST_REMEMBERED + 1);
    }
  }

  private double batches() {
    return registry.get("millrace.log.corrupt.batches").gauge().value();
  }
}
