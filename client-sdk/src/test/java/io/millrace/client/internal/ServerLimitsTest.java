package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.ClientConfig;
import io.millrace.common.time.SystemClock;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ServerLimitsTest {
  private static final UUID TOPIC = new UUID(0, 1);
  private static final int WANTED = 100_000;

  private final ClusterClient cluster =
      new ClusterClient(ClientConfig.of("127.0.0.1:1"), new SystemClock());
  private final ServerLimits limits = new ServerLimits(cluster);

  @AfterEach
  void close() {
    cluster.close();
  }

  private void taken(int batches) {
    for (int i = 0; i < batches; i++) {
      limits.taken(TOPIC);
    }
  }

  @Test
  void aTopicIsBoundByTheSmallestBatchThatItRefused() {
    limits.learnTopic(TOPIC, 50_000);
    limits.learnTopic(TOPIC, 20_000);
    limits.learnTopic(TOPIC, 30_000);
    assertThat(limits.batchBytes(WANTED, TOPIC)).isEqualTo(20_000);
    assertThat(limits.batchBytes(WANTED, new UUID(0, 2))).isEqualTo(WANTED);
  }

  @Test
  void aBoundOfNothingStillLetsRecordsShareABatch() {
    limits.learnTopic(TOPIC, 0);
    assertThat(limits.batchBytes(WANTED, TOPIC)).isEqualTo(1_024);
  }

  @Test
  void aTopicThatTakesBatchesAgainGetsLargerOnesInTime() {
    limits.learnTopic(TOPIC, 20_000);
    taken(255);
    assertThat(limits.batchBytes(WANTED, TOPIC)).isEqualTo(20_000);
    taken(1);
    assertThat(limits.batchBytes(WANTED, TOPIC)).isEqualTo(40_000);
    taken(1_000);
    assertThat(limits.batchBytes(WANTED, TOPIC)).isEqualTo(WANTED);
  }

  @Test
  void aRefusalBeginsTheCountAnew() {
    limits.learnTopic(TOPIC, 20_000);
    taken(255);
    limits.learnTopic(TOPIC, 20_000);
    taken(255);
    assertThat(limits.batchBytes(WANTED, TOPIC)).isEqualTo(20_000);
  }
}
