package io.millrace.it.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ElectionType;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.PartitionStatus;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.Error;
import io.millrace.proto.v1.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A leader is told to end while producers send to it. Sessions last so long that whatever waited
 * for the end of one would not come in time.
 */
@Timeout(180)
class OrderlyStopTest {
  private static final String TOPIC = "led";
  private static final int PARTITIONS = 6;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path home;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void S16_aStoppingLeaderHandsOverAndNoProducerSeesIt(boolean ofController) throws Exception {
    try (LocalCluster cluster =
            LocalCluster.ofVoters(
                home,
                "broker.session.timeout.ms=10m",
                "broker.session.refused.grace.ms=10m",
                "broker.heartbeat.interval.ms=100ms");
        MillraceClient client = cluster.connect()) {
      client
          .admin()
          .createTopic(
              new NewTopic(
                  TOPIC, PARTITIONS, LocalCluster.NODES, Map.of("min.insync.replicas", "2")));
      UUID topicId = client.admin().describeTopic(TOPIC).id();
      int controller = client.admin().cluster().controllerId();
      int stopped = ofController ? controller : controller % LocalCluster.NODES + 1;
      PartitionStatus led = awaitLed(client, stopped);
      int partition = led.partition().partition();
      try (Load load = new Load(client, partition);
          SteadyFrames frames =
              new SteadyFrames(cluster.node(stopped).bootstrap(), topicId, partition)) {
        load.awaitMore(100);
        Awaitility.await().atMost(PATIENCE).until(() -> frames.acknowledged() > 100);
        cluster.node(stopped).stop();

        assertRedirected(frames.refusal().join(), led, stopped);
        load.awaitMore(100);
        load.close();
        assertThat(load.failures).isEmpty();
        assertThat(numbersIn(client, partition)).containsSubsequence(load.acknowledged());
      }
      PartitionStatus after = state(client, partition);
      assertThat(after.partition().leader()).isNotEqualTo(stopped);
      assertThat(after.partition().leaderEpoch()).isEqualTo(led.partition().leaderEpoch() + 1);
    }
  }

  /** The old leader itself says who leads in the next epoch: so it handed over before it ended. */
  private static void assertRedirected(
      Optional<Error> refusal, PartitionStatus before, int stopped) {
    assertThat(refusal).as("the first frame that was refused").isPresent();
    assertThat(refusal.get().getCode()).isEqualTo(ErrorCode.ERROR_CODE_NOT_LEADER);
    assertThat(refusal.get().getDetailsMap())
        .containsEntry("current_leader_epoch", "" + (before.partition().leaderEpoch() + 1))
        .hasEntrySatisfying(
            "leader_id",
            leader ->
                assertThat(before.partition().inSyncReplicas().stream().filter(id -> id != stopped))
                    .contains(Integer.parseInt(leader)));
  }

  private static PartitionStatus state(MillraceClient client, int partition) {
    return client.admin().listPartitions(TOPIC).get(partition);
  }

  private static PartitionStatus awaitLed(MillraceClient client, int leader) {
    client.admin().electAllLeaders(ElectionType.PREFERRED);
    return Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                client.admin().listPartitions(TOPIC).stream()
                    .filter(status -> status.outOfSyncReplicas().isEmpty())
                    .filter(status -> status.partition().leader() == leader)
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  /** The numbers of the load's records, in the order of their offsets. */
  private static List<Integer> numbersIn(MillraceClient client, int partition) {
    TopicPartition name = new TopicPartition(TOPIC, partition);
    long end = client.admin().offsets(Map.of(name, OffsetSpec.latest())).get(name);
    List<Integer> numbers = new ArrayList<>();
    try (Consumer consumer = client.consumer(ConsumerConfig.builder().build())) {
      consumer.assign(name, OffsetSpec.offset(0));
      while (consumer.position(name) < end) {
        consumer.poll(PATIENCE).stream()
            .filter(record -> record.value().length == Integer.BYTES)
            .forEach(record -> numbers.add(ByteBuffer.wrap(record.value()).getInt()));
      }
    }
    assertThat(numbers).doesNotHaveDuplicates();
    return numbers;
  }

  /** Sends numbers, one each millisecond or so, and knows which are acknowledged. */
  private static final class Load implements AutoCloseable {
    private final MillraceClient client;
    private final int partition;
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final Queue<Integer> acknowledged = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final Thread thread = new Thread(this::run, "load");

    Load(MillraceClient client, int partition) {
      this.client = client;
      this.partition = partition;
      thread.start();
    }

    private void run() {
      try (Producer producer =
          client.producer(ProducerConfig.builder().linger(Duration.ZERO).build())) {
        for (int i = 0; !stopped.get(); i++) {
          int number = i;
          byte[] value = ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
          producer.send(
              ProducerRecord.of(TOPIC, value).toPartition(partition),
              (at, failure) -> answered(number, failure));
          LockSupport.parkNanos(1_000_000);
        }
      }
    }

    private void answered(int number, Throwable failure) {
      if (failure == null) {
        acknowledged.add(number);
      } else {
        failures.add(failure);
      }
    }

    /** In the order in which they were sent. */
    List<Integer> acknowledged() {
      return acknowledged.stream().sorted().toList();
    }

    void awaitMore(int records) {
      int wanted = acknowledged.size() + records;
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> acknowledged.size() >= wanted || !failures.isEmpty());
    }

    @Override
    public void close() throws InterruptedException {
      stopped.set(true);
      thread.join();
    }
  }
}
