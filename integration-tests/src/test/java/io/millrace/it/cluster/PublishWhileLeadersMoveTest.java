package io.millrace.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.millrace.proto.v1.ConsumedRecord;
import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.ElectLeadersRequest;
import io.millrace.proto.v1.ElectionType;
import io.millrace.proto.v1.PartitionServiceGrpc;
import io.millrace.proto.v1.ProducerServiceGrpc;
import io.millrace.proto.v1.ProducerServiceGrpc.ProducerServiceBlockingStub;
import io.millrace.proto.v1.PublishRecord;
import io.millrace.proto.v1.PublishRequest;
import io.millrace.proto.v1.SubscriptionServiceGrpc;
import io.millrace.proto.v1.TailRequest;
import io.millrace.proto.v1.TailResponse;
import io.millrace.proto.v1.TailStart;
import io.millrace.proto.v1.TopicServiceGrpc;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Callers with nothing but a generated stub publish and tail through brokers that mostly do not
 * lead, while leaders are killed, hang and are stopped on three processes: every record is there
 * once, and those of a caller in their order, without the callers repeating anything.
 */
class PublishWhileLeadersMoveTest {
  private static final String TOPIC = "thin";
  private static final int NODES = 3;
  private static final int PARTITIONS = 3;
  private static final int CALLERS = 6;

  @TempDir Path home;

  @Test
  void S28_recordsArePublishedOnceAndInOrderWhileTheirLeadersMove() throws Exception {
    try (ClusterProcesses cluster = ClusterProcesses.start(home, NODES, Map.of())) {
      createTopic(cluster);
      int controller = cluster.awaitController();
      int killed = controller % NODES + 1;
      int third = 6 - controller - killed;
      AtomicBoolean done = new AtomicBoolean();
      List<Caller> callers =
          IntStream.range(0, CALLERS)
              .mapToObj(id -> new Caller(id, cluster.node(id % 2 == 0 ? controller : third), done))
              .toList();
      callers.forEach(Thread::start);
      Follower follower = new Follower(cluster.node(third));
      follower.start();

      awaitProgress(callers);
      cluster.node(killed).kill();
      awaitProgress(callers);
      cluster.node(killed).restart();
      cluster.node(killed).awaitReady();
      awaitProgress(callers);
      awaitLeading(cluster, killed, controller);
      cluster.node(killed).pause();
      awaitProgress(callers);
      cluster.node(killed).resume();
      awaitProgress(callers);
      awaitLeading(cluster, killed, controller);
      cluster.node(killed).stop();
      awaitProgress(callers);
      done.set(true);
      for (Caller caller : callers) {
        caller.join();
        assertThat(caller.errors).isEmpty();
      }
      cluster.node(killed).beginAgain();
      cluster.node(killed).awaitReady();

      int all = callers.stream().mapToInt(caller -> caller.published.get()).sum();
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> follower.count() >= all);
      follower.end();
      Map<Integer, List<Integer>> stored = stored(cluster);
      assertThat(follower.seen).as("what a tail brought meanwhile").isEqualTo(stored);
      for (Caller caller : callers) {
        assertThat(stored.get(caller.id))
            .as("records of caller %s", caller.id)
            .isEqualTo(IntStream.range(0, caller.published.get()).boxed().toList());
      }
    }
  }

  /** Has the preferred replicas lead again, until a broker leads something. */
  private static void awaitLeading(ClusterProcesses cluster, int node, int asked) {
    ManagedChannel channel = channel(cluster.node(asked));
    try {
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                PartitionServiceGrpc.newBlockingStub(channel)
                    .electLeaders(
                        ElectLeadersRequest.newBuilder()
                            .setType(ElectionType.ELECTION_TYPE_PREFERRED)
                            .setAllTopics(true)
                            .build());
                return cluster.metadata(asked).getTopicsList().stream()
                    .flatMap(topic -> topic.getPartitionsList().stream())
                    .anyMatch(partition -> partition.getLeaderId() == node);
              });
    } finally {
      channel.shutdownNow();
    }
  }

  private static void awaitProgress(List<Caller> callers) {
    int[] before = callers.stream().mapToInt(caller -> caller.published.get()).toArray();
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                IntStream.range(0, before.length)
                    .allMatch(
                        i ->
                            !callers.get(i).isAlive()
                                || callers.get(i).published.get() > before[i] + 200));
  }

  /** Publishes one record after another with the same key. */
  private static final class Caller extends Thread {
    final int id;
    final List<String> errors = new ArrayList<>();
    final AtomicInteger published = new AtomicInteger();
    private final BrokerProcess broker;
    private final AtomicBoolean done;

    Caller(int id, BrokerProcess broker, AtomicBoolean done) {
      this.id = id;
      this.broker = broker;
      this.done = done;
    }

    @Override
    public void run() {
      ManagedChannel channel = channel(broker);
      try {
        ProducerServiceBlockingStub stub = ProducerServiceGrpc.newBlockingStub(channel);
        while (!done.get() && errors.isEmpty()) {
          stub.publish(record(published.get())).getResultsList().stream()
              .filter(result -> result.hasError())
              .forEach(result -> errors.add(result.toString()));
          published.addAndGet(errors.isEmpty() ? 1 : 0);
        }
      } catch (RuntimeException e) {
        errors.add(e.toString());
      } finally {
        channel.shutdownNow();
      }
    }

    private PublishRequest record(int number) {
      return PublishRequest.newBuilder()
          .setTopic(TOPIC)
          .addRecords(
              PublishRecord.newBuilder()
                  .setKey(ByteString.copyFromUtf8("caller-" + id))
                  .setValue(ByteString.copyFromUtf8(id + " " + number)))
          .build();
    }
  }

  private static void createTopic(ClusterProcesses cluster) {
    ManagedChannel channel = channel(cluster.node(1));
    try {
      TopicServiceGrpc.newBlockingStub(channel)
          .createTopic(
              CreateTopicRequest.newBuilder()
                  .setName(TOPIC)
                  .setPartitions(PARTITIONS)
                  .setReplicationFactor(NODES)
                  .putConfigs("min.insync.replicas", "1")
                  .build());
    } finally {
      channel.shutdownNow();
    }
  }

  /** What is in the topic: for each caller the numbers of its records, in their order. */
  private static Map<Integer, List<Integer>> stored(ClusterProcesses cluster) {
    Map<Integer, List<Integer>> stored = new HashMap<>();
    ManagedChannel channel = channel(cluster.node(1));
    try {
      Iterator<TailResponse> records =
          SubscriptionServiceGrpc.newBlockingStub(channel)
              .tail(fromTheStart().setStopAtEnd(true).build());
      records.forEachRemaining(
          message -> message.getRecordsList().forEach(record -> note(record, stored)));
    } finally {
      channel.shutdownNow();
    }
    return stored;
  }

  private static TailRequest.Builder fromTheStart() {
    return TailRequest.newBuilder()
        .setTopic(TOPIC)
        .setStart(TailStart.newBuilder().setEarliest(true));
  }

  /** Follows the topic through one broker for as long as records come. */
  private static final class Follower extends Thread {
    final Map<Integer, List<Integer>> seen = new HashMap<>();
    final List<String> errors = new ArrayList<>();
    private final ManagedChannel channel;

    Follower(BrokerProcess broker) {
      channel = channel(broker);
    }

    @Override
    public void run() {
      try {
        SubscriptionServiceGrpc.newBlockingStub(channel)
            .tail(fromTheStart().build())
            .forEachRemaining(this::take);
      } catch (RuntimeException e) {
        errors.add(e.toString());
      }
    }

    private synchronized void take(TailResponse message) {
      message.getErrorsList().forEach(error -> errors.add(error.toString()));
      message.getRecordsList().forEach(record -> note(record, seen));
    }

    synchronized int count() {
      return seen.values().stream().mapToInt(List::size).sum();
    }

    void end() throws InterruptedException {
      errors.forEach(error -> assertThat(error).isEmpty());
      channel.shutdownNow();
      join();
    }
  }

  private static void note(ConsumedRecord record, Map<Integer, List<Integer>> stored) {
    String[] value = record.getValue().toStringUtf8().split(" ");
    stored
        .computeIfAbsent(Integer.parseInt(value[0]), id -> new ArrayList<>())
        .add(Integer.parseInt(value[1]));
  }

  private static ManagedChannel channel(BrokerProcess broker) {
    return ManagedChannelBuilder.forTarget(broker.bootstrap()).usePlaintext().build();
  }
}
