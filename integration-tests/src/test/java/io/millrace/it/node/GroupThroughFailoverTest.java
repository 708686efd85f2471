package io.millrace.it.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.GroupConfig;
import io.millrace.client.api.GroupOffset;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetReset;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RebalanceListener;
import io.millrace.common.TopicPartition;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The broker that coordinates a group is told to end while a member of the group is at work. */
@Timeout(180)
class GroupThroughFailoverTest {
  private static final String TOPIC = "orders";
  private static final int PARTITIONS = 3;
  private static final int ROUND = 300;

  @TempDir Path home;

  private final List<String> lost = new CopyOnWriteArrayList<>();
  private final Set<Integer> read = new HashSet<>();
  private int sent;

  @Test
  void S40_keepsItsPartitionsAndItsCommitsWhenItsCoordinatorMoves() {
    try (LocalCluster cluster = LocalCluster.ofVoters(home);
        MillraceClient client = cluster.connect();
        Producer producer = client.producer(ProducerConfig.defaults());
        Consumer consumer = client.consumer(config())) {
      client.admin().createTopic(new NewTopic(TOPIC, PARTITIONS, 3, Map.of()));
      consumer.subscribe(
          List.of(TOPIC),
          new RebalanceListener() {
            @Override
            public void onRevoked(Set<TopicPartition> partitions) {
              lost.add("revoked " + partitions);
            }

            @Override
            public void onLost(Set<TopicPartition> partitions) {
              lost.add("lost " + partitions);
            }
          });
      round(producer, consumer);
      int coordinator = client.admin().describeGroup("billing").coordinatorId();
      assertThat(committed(client)).isEqualTo(sent);

      cluster.node(coordinator).stop();
      round(producer, consumer);
      assertThat(client.admin().describeGroup("billing").coordinatorId()).isNotEqualTo(coordinator);
      assertThat(committed(client)).isEqualTo(sent);

      cluster.node(coordinator).start();
      round(producer, consumer);
      assertThat(committed(client)).isEqualTo(sent);
      assertThat(lost).as("what was taken from the member").isEmpty();
    }
  }

  private static ConsumerConfig config() {
    return ConsumerConfig.builder()
        .group(GroupConfig.builder("billing").withoutAutoCommit().build())
        .offsetReset(OffsetReset.EARLIEST)
        .build();
  }

  /** Sends some, reads them and commits after each poll. */
  private void round(Producer producer, Consumer consumer) {
    for (int i = 0; i < ROUND; i++) {
      byte[] value = ByteBuffer.allocate(4).putInt(sent).array();
      producer.send(ProducerRecord.of(TOPIC, value).toPartition(sent % PARTITIONS));
      sent++;
    }
    while (read.size() < sent) {
      for (ConsumerRecord record : consumer.poll(Duration.ofMillis(200))) {
        assertThat(read.add(ByteBuffer.wrap(record.value()).getInt())).as("once").isTrue();
      }
      if (!consumer.assignment().isEmpty()) {
        consumer.commitSync();
      }
    }
    consumer.commitSync();
  }

  private static long committed(MillraceClient client) {
    return client.admin().groupOffsets("billing").stream()
        .map(GroupOffset::committed)
        .mapToLong(at -> at.offset())
        .sum();
  }
}
