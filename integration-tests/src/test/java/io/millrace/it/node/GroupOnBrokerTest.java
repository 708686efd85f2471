package io.millrace.it.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.GroupConfig;
import io.millrace.client.api.GroupDescription;
import io.millrace.client.api.GroupOffset;
import io.millrace.client.api.GroupState;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetReset;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RebalanceListener;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.GroupServiceGrpc;
import io.millrace.proto.v1.HeartbeatRequest;
import io.millrace.proto.v1.HeartbeatResponse;
import io.millrace.proto.v1.OwnedPartitions;
import io.millrace.proto.v1.Subscription;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Consumers that share a topic, against a real broker that coordinates their group. */
class GroupOnBrokerTest {
  private static final String TOPIC = "orders";
  private static final String GROUP = "billing";
  private static final int PARTITIONS = 6;
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration SESSION = Duration.ofSeconds(1);

  @TempDir private Path data;
  private LocalNode node;
  private MillraceClient client;
  private Producer producer;
  private int sent;

  /** What was processed, by whomever. */
  private final Set<Integer> processed = ConcurrentHashMap.newKeySet();

  @BeforeEach
  void start() {
    node = new LocalNode(data, "group.min.session.timeout.ms=500");
    client = node.connect();
    client.admin().createTopic(NewTopic.of(TOPIC, PARTITIONS));
    producer = client.producer(ProducerConfig.defaults());
  }

  @AfterEach
  void stop() {
    producer.close();
    client.close();
    node.close();
  }

  /** Numbers, one after the other, over all partitions in turn. */
  private void send(int count) {
    for (int i = 0; i < count; i++) {
      byte[] value = ByteBuffer.allocate(4).putInt(sent).array();
      producer.send(ProducerRecord.of(TOPIC, value).toPartition(sent % PARTITIONS));
      sent++;
    }
    producer.flush();
  }

  private static ConsumerConfig config() {
    return ConsumerConfig.builder()
        .group(
            GroupConfig.builder(GROUP)
                .sessionTimeout(SESSION)
                .autoCommitInterval(Duration.ofMillis(50))
                .build())
        .offsetReset(OffsetReset.EARLIEST)
        .build();
  }

  /** A consumer with a thread that polls, and what happened to it. */
  private final class Worker implements RebalanceListener, AutoCloseable {
    private final List<ConsumerRecord> records = new CopyOnWriteArrayList<>();
    private final Set<TopicPartition> assigned = ConcurrentHashMap.newKeySet();
    private final Set<TopicPartition> everRevoked = ConcurrentHashMap.newKeySet();
    private final List<Throwable> thrown = new CopyOnWriteArrayList<>();
    private final Consumer consumer = client.consumer(config());
    private final Thread thread = new Thread(this::run);
    private volatile boolean stopped;

    Worker() {
      thread.start();
    }

    private void run() {
      try (consumer) {
        consumer.subscribe(List.of(TOPIC), this);
        while (!stopped) {
          for (ConsumerRecord record : consumer.poll(Duration.ofMillis(50))) {
            assertThat(assigned).contains(new TopicPartition(TOPIC, record.partition()));
            records.add(record);
            processed.add(number(record));
          }
        }
      } catch (RuntimeException | AssertionError e) {
        thrown.add(e);
      }
    }

    @Override
    public void onAssigned(Set<TopicPartition> partitions) {
      assigned.addAll(partitions);
    }

    @Override
    public void onRevoked(Set<TopicPartition> partitions) {
      assigned.removeAll(partitions);
      everRevoked.addAll(partitions);
    }

    @Override
    public void onLost(Set<TopicPartition> partitions) {
      onRevoked(partitions);
    }

    void awaitPartitions(int count) {
      Awaitility.await().atMost(LONG).until(() -> assigned.size() == count || !thrown.isEmpty());
      assertThat(thrown).isEmpty();
    }

    List<Long> offsets(TopicPartition partition) {
      return records.stream()
          .filter(r -> r.partition() == partition.partition())
          .map(ConsumerRecord::offset)
          .toList();
    }

    @Override
    public void close() {
      stopped = true;
      consumer.wakeup();
      try {
        thread.join(LONG.toMillis());
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      assertThat(thrown).isEmpty();
    }
  }

  private static int number(ConsumerRecord record) {
    return ByteBuffer.wrap(record.value()).getInt();
  }

  private void awaitAllProcessed() {
    Awaitility.await().atMost(LONG).until(() -> processed.size() == sent);
  }

  @Test
  void S36_sharesATopicAndInterruptsOnlyThePartitionsThatMove() {
    send(600);
    try (Worker first = new Worker()) {
      first.awaitPartitions(PARTITIONS);
      awaitAllProcessed();
      try (Worker second = new Worker()) {
        second.awaitPartitions(PARTITIONS / 2);
        first.awaitPartitions(PARTITIONS / 2);
        send(600);
        awaitAllProcessed();
        Set<TopicPartition> kept = Set.copyOf(first.assigned);
        assertThat(kept).doesNotContainAnyElementsOf(first.everRevoked);
        assertThat(second.assigned).doesNotContainAnyElementsOf(kept);
        for (TopicPartition partition : kept) {
          assertThat(first.offsets(partition))
              .as("of %s", partition)
              .isSorted()
              .doesNotHaveDuplicates();
          assertThat(first.offsets(partition)).hasSize(200);
        }
        assertThat(first.consumer.metrics().reconnects()).as("streams that ended").isZero();
      }
      first.awaitPartitions(PARTITIONS);
      send(60);
      awaitAllProcessed();
    }
  }

  @Test
  void readsEachRecordAtLeastOnceWhileMembersComeAndGo() {
    List<Worker> workers = new ArrayList<>();
    for (int round = 0; round < 4; round++) {
      workers.add(new Worker());
      send(300);
      workers.add(new Worker());
      send(300);
      workers.remove(0).close();
      send(300);
    }
    awaitAllProcessed();
    workers.forEach(Worker::close);
    assertThat(processed).hasSize(sent);
  }

  /** A member that is gone without a word: it joined over a connection that says nothing more. */
  @Test
  void takesOverFromAMemberThatDiesWhenItsSessionIsOver() {
    send(60);
    ManagedChannel channel = NettyChannelBuilder.forTarget(node.bootstrap()).usePlaintext().build();
    try (Worker first = new Worker()) {
      first.awaitPartitions(PARTITIONS);
      String dead = UUID.randomUUID().toString();
      HeartbeatRequest join =
          HeartbeatRequest.newBuilder()
              .setGroupId(GROUP)
              .setMemberId(dead)
              .setSessionTimeoutMs((int) SESSION.toMillis())
              .setSubscription(Subscription.newBuilder().addTopics(TOPIC))
              .setOwned(OwnedPartitions.getDefaultInstance())
              .build();
      HeartbeatResponse joined = GroupServiceGrpc.newBlockingStub(channel).heartbeat(join);
      assertThat(joined.getMemberEpoch()).isPositive();
      first.awaitPartitions(PARTITIONS / 2);
      first.awaitPartitions(PARTITIONS);
      send(60);
      awaitAllProcessed();
      assertThat(client.admin().describeGroup(GROUP).members())
          .extracting(GroupDescription.Member::memberId)
          .doesNotContain(dead);
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void goesOnAtWhatWasCommitted() {
    send(600);
    try (Worker first = new Worker()) {
      first.awaitPartitions(PARTITIONS);
      awaitAllProcessed();
      // What the last poll returned counts once another one has begun.
      Awaitility.await().atMost(LONG).until(() -> committed() == 600);
    }
    assertThat(client.admin().describeGroup(GROUP).state()).isEqualTo(GroupState.EMPTY);
    node.stop();
    node.start();
    send(60);
    Set<Integer> before = new HashSet<>(processed);
    try (Worker second = new Worker()) {
      awaitAllProcessed();
      assertThat(second.records).hasSize(60).noneMatch(r -> before.contains(number(r)));
      Awaitility.await().atMost(LONG).until(() -> committed() == 660);
      List<GroupOffset> offsets = client.admin().groupOffsets(GROUP);
      assertThat(offsets).hasSize(PARTITIONS).allMatch(o -> o.lag().orElse(-1) == 0);
    }
  }

  private long committed() {
    return client.admin().groupOffsets(GROUP).stream().mapToLong(o -> o.committed().offset()).sum();
  }

  @Test
  void leavesAtOnceWhenItIsClosed() {
    try (Worker first = new Worker()) {
      first.awaitPartitions(PARTITIONS);
      Worker second = new Worker();
      second.awaitPartitions(PARTITIONS / 2);
      first.awaitPartitions(PARTITIONS / 2);
      long closed = System.nanoTime();
      second.close();
      first.awaitPartitions(PARTITIONS);
      System.out.printf(
          "others have the partitions %d ms after a close began%n",
          Duration.ofNanos(System.nanoTime() - closed).toMillis());
      assertThat(client.admin().describeGroup(GROUP).members()).hasSize(1);
    }
  }

  @Test
  void readsTheFirstRecordOfANewGroupSoon() {
    send(60);
    for (int i = 0; i < 5; i++) {
      long begin = System.nanoTime();
      try (Consumer consumer =
          client.consumer(
              ConsumerConfig.builder()
                  .group("new-" + i)
                  .offsetReset(OffsetReset.EARLIEST)
                  .build())) {
        consumer.subscribe(List.of(TOPIC));
        while (consumer.poll(LONG).isEmpty()) {
          assertThat(System.nanoTime() - begin).isLessThan(LONG.toNanos());
        }
        System.out.printf(
            "first record of new group %d after %d ms%n",
            i, Duration.ofNanos(System.nanoTime() - begin).toMillis());
      }
    }
  }

  @Test
  void wakesUpAPoll() throws InterruptedException {
    try (Consumer consumer = client.consumer(config())) {
      consumer.subscribe(List.of("does-not-exist"));
      Thread waker = new Thread(consumer::wakeup);
      waker.start();
      assertThat(consumer.poll(Duration.ofMinutes(5))).isEmpty();
      waker.join();
    }
  }

  @Test
  void readsTopicsThatComeLaterByAnExpression() {
    try (Consumer consumer = client.consumer(config())) {
      consumer.subscribeMatching("or.*|payments");
      Awaitility.await()
          .atMost(LONG)
          .until(
              () -> {
                consumer.poll(Duration.ofMillis(50));
                return consumer.assignment().size() == PARTITIONS;
              });
      client.admin().createTopic(NewTopic.of("payments", 2));
      Awaitility.await()
          .atMost(LONG)
          .until(
              () -> {
                consumer.poll(Duration.ofMillis(50));
                return consumer.assignment().size() == PARTITIONS + 2;
              });
    }
  }
}
