package io.millrace.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.PartitionDescription;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * S33 on three processes: records that were said to be deleted do not come back when the leader is
 * killed, and while the next one still has them, nobody is told that they are gone.
 */
class DeletedRecordsTest {
  private static final String TOPIC = "forgotten";
  private static final int NODES = 3;
  private static final int RECORDS = 500;
  private static final long FIRST_KEPT = 300;

  @TempDir Path home;

  @Test
  void S33_recordsThatWereSaidToBeGoneAreGoneAtTheNextLeader() throws Exception {
    // A node that is paused for a moment stays in the ISR.
    Map<String, String> settings = Map.of("broker.session.timeout.ms", "30000");
    try (ClusterProcesses cluster = ClusterProcesses.start(home, NODES, settings);
        MillraceClient client = MillraceClient.connect(ClientConfig.of(cluster.bootstrap()));
        MillraceClient impatient =
            MillraceClient.connect(
                ClientConfig.builder()
                    .bootstrap(ClientConfig.of(cluster.bootstrap()).bootstrap())
                    .requestTimeout(Duration.ofSeconds(3))
                    .build())) {
      client
          .admin()
          .createTopic(new NewTopic(TOPIC, NODES, NODES, Map.of("min.insync.replicas", "2")));
      int controller = cluster.awaitController();
      PartitionDescription partition = awaitPartition(client, controller);
      TopicPartition name = new TopicPartition(TOPIC, partition.partition());
      int leader = partition.leader();
      int next = partition.replicas().get(1);
      send(client, name);

      cluster.node(next).pause();
      CompletableFuture<Map<TopicPartition, Long>> deletion;
      try {
        assertThatThrownBy(() -> impatient.admin().deleteRecords(Map.of(name, FIRST_KEPT)))
            .isInstanceOfSatisfying(
                MillraceException.class,
                e -> {
                  assertThat(e.code()).as(e.getMessage()).isEqualTo(ErrorCode.REQUEST_TIMED_OUT);
                  assertThat(e.error().details()).containsEntry("brokers_behind", "" + next);
                });
        deletion =
            CompletableFuture.supplyAsync(
                () -> client.admin().deleteRecords(Map.of(name, FIRST_KEPT)));
      } finally {
        cluster.node(next).resume();
      }
      assertThat(deletion.join()).containsEntry(name, FIRST_KEPT);
      cluster.node(leader).kill();

      assertThat(firstRecord(client, name)).isEqualTo(FIRST_KEPT);
      assertThat(description(client, name.partition()).leader()).isEqualTo(next);
      assertThat(client.admin().offsets(Map.of(name, OffsetSpec.earliest())))
          .containsEntry(name, FIRST_KEPT);
    }
  }

  /** One with all in sync, led as assigned, whose next leader is not the controller's node. */
  private static PartitionDescription awaitPartition(MillraceClient client, int controller) {
    atMostAMinute()
        .until(
            () ->
                client.admin().describeTopic(TOPIC).partitions().stream()
                    .allMatch(
                        each ->
                            each.inSyncReplicas().size() == NODES
                                && each.leader() == each.replicas().get(0)));
    return client.admin().describeTopic(TOPIC).partitions().stream()
        .filter(each -> each.replicas().get(1) != controller)
        .findFirst()
        .orElseThrow();
  }

  private static PartitionDescription description(MillraceClient client, int partition) {
    return client.admin().describeTopic(TOPIC).partitions().get(partition);
  }

  private static ConditionFactory atMostAMinute() {
    return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20));
  }

  private static void send(MillraceClient client, TopicPartition to) {
    try (Producer producer = client.producer(ProducerConfig.defaults())) {
      List<CompletableFuture<?>> open = new ArrayList<>();
      for (int i = 0; i < RECORDS; i++) {
        open.add(
            producer.send(
                ProducerRecord.of(to.topic(), new byte[100]).toPartition(to.partition())));
      }
      open.forEach(CompletableFuture::join);
    }
  }

  private static long firstRecord(MillraceClient client, TopicPartition partition) {
    List<ConsumerRecord> read = new ArrayList<>();
    try (Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      consumer.assign(partition, OffsetSpec.earliest());
      atMostAMinute()
          .until(
              () -> {
                consumer.poll(Duration.ofMillis(200)).forEach(read::add);
                return !read.isEmpty();
              });
    }
    return read.get(0).offset();
  }
}
