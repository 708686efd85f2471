package io.millrace.it.cluster;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.millrace.proto.v1.ConfigEntry;
import io.millrace.proto.v1.ConfigSource;
import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.DeleteTopicRequest;
import io.millrace.proto.v1.GetTopicRequest;
import io.millrace.proto.v1.ListTopicsRequest;
import io.millrace.proto.v1.Topic;
import io.millrace.proto.v1.TopicServiceGrpc;
import io.millrace.proto.v1.TopicServiceGrpc.TopicServiceBlockingStub;
import io.millrace.proto.v1.UpdateTopicRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * One administrator's changes of topics of its own, through any node, and what may be true of each
 * topic after them. Confined to one thread until it is looked at.
 *
 * <p>A change with a request id is asked for again until it is answered, so it is done exactly
 * once. One without is asked for once; if its answer is lost, both states may be.
 */
final class AdminHistory {
  private static final String CONFIG = "retention.ms";
  private static final int DEADLINE_SECONDS = 10;

  private final String name;
  private final Random random;
  private final List<ManagedChannel> channels = new ArrayList<>();

  /** The states that a topic may be in by name; one, unless an answer was lost. */
  private final Map<String, List<State>> possible = new TreeMap<>();

  private final List<String> log = new ArrayList<>();
  private int topics;
  private volatile int acknowledged;
  private int unknown;

  /**
   * What is true of a topic.
   *
   * @param id its id as it was answered, if it was
   * @param retention its own configuration
   */
  private record State(boolean exists, Optional<ByteString> id, Optional<String> retention) {
    static final State GONE = new State(false, Optional.empty(), Optional.empty());

    boolean fits(Optional<Topic> found) {
      if (found.isEmpty() || !exists) {
        return found.isEmpty() && !exists;
      }
      Optional<String> own =
          found.get().getConfigsList().stream()
              .filter(entry -> entry.getKey().equals(CONFIG))
              .filter(entry -> entry.getSource() == ConfigSource.CONFIG_SOURCE_TOPIC)
              .map(ConfigEntry::getValue)
              .findFirst();
      return id.map(found.get().getTopicId()::equals).orElse(true) && retention.equals(own);
    }
  }

  /** A change of one topic. */
  private interface Change {
    /** Asks for it; answers the topic's id where the answer has it. */
    Optional<ByteString> ask(TopicServiceBlockingStub node, String requestId);
  }

  AdminHistory(String name, long seed, ClusterProcesses cluster) {
    this.name = name;
    this.random = new Random(seed);
    for (int node = 1; node <= cluster.size(); node++) {
      channels.add(
          NettyChannelBuilder.forTarget(cluster.node(node).bootstrap()).usePlaintext().build());
    }
  }

  int acknowledged() {
    return acknowledged;
  }

  int unknown() {
    return unknown;
  }

  /** Makes changes until it is interrupted. */
  void run() {
    while (!Thread.currentThread().isInterrupted()) {
      String topic = name + "-" + topics++;
      create(topic);
      for (int i = random.nextInt(3); i > 0; i--) {
        configure(topic);
      }
      if (random.nextBoolean()) {
        delete(topic);
        if (random.nextBoolean()) {
          create(topic);
        }
      }
    }
  }

  private void create(String topic) {
    change(
        topic,
        "create",
        (node, requestId) ->
            Optional.of(
                node.createTopic(
                        CreateTopicRequest.newBuilder()
                            .setName(topic)
                            .setPartitions(1)
                            .setReplicationFactor(1)
                            .setRequestId(requestId)
                            .build())
                    .getTopic()
                    .getTopicId()),
        (before, id) -> before.exists() ? before : new State(true, id, Optional.empty()));
  }

  private void configure(String topic) {
    String value = "" + (100_000_000L + random.nextInt(1_000_000));
    change(
        topic,
        "configure " + value,
        (node, requestId) -> {
          node.updateTopic(
              UpdateTopicRequest.newBuilder()
                  .setName(topic)
                  .putConfigs(CONFIG, value)
                  .setRequestId(requestId)
                  .build());
          return Optional.empty();
        },
        (before, id) ->
            before.exists() ? new State(true, before.id(), Optional.of(value)) : before);
  }

  private void delete(String topic) {
    change(
        topic,
        "delete",
        (node, requestId) -> {
          node.deleteTopic(
              DeleteTopicRequest.newBuilder().setName(topic).setRequestId(requestId).build());
          return Optional.empty();
        },
        (before, id) -> State.GONE);
  }

  private interface Effect {
    State after(State before, Optional<ByteString> id);
  }

  private void change(String topic, String what, Change change, Effect effect) {
    String requestId = random.nextInt(4) == 0 ? "" : name + "-" + log.size();
    List<State> before = possible.getOrDefault(topic, List.of(State.GONE));
    for (int tries = 1; ; tries++) {
      try {
        Optional<ByteString> id = change.ask(anyNode(), requestId);
        log.add(topic + ": " + what + " with '" + requestId + "': done, tries " + tries);
        acknowledged = acknowledged + 1;
        possible.put(topic, before.stream().map(state -> effect.after(state, id)).toList());
        return;
      } catch (StatusRuntimeException e) {
        log.add(topic + ": " + what + " with '" + requestId + "': " + e.getStatus());
        if (definite(e.getStatus())) {
          return;
        }
        if (requestId.isEmpty() || Thread.currentThread().isInterrupted()) {
          unknown++;
          List<State> either = new ArrayList<>(before);
          before.forEach(state -> either.add(effect.after(state, Optional.empty())));
          possible.put(topic, either);
          return;
        }
      }
    }
  }

  /** Whether the node has decided that nothing is changed. */
  private static boolean definite(Status status) {
    return switch (status.getCode()) {
      case NOT_FOUND, ALREADY_EXISTS, INVALID_ARGUMENT -> true;
      default -> false;
    };
  }

  private TopicServiceBlockingStub anyNode() {
    return TopicServiceGrpc.newBlockingStub(channels.get(random.nextInt(channels.size())))
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
  }

  /** What is not as it must be, as one node tells it; empty if all is well. */
  List<String> violations(ManagedChannel node) {
    Map<String, Topic> found = new HashMap<>();
    TopicServiceBlockingStub stub = TopicServiceGrpc.newBlockingStub(node);
    String token = "";
    do {
      var page =
          stub.listTopics(
              ListTopicsRequest.newBuilder().setPageSize(1_000).setPageToken(token).build());
      page.getTopicsList().stream()
          .filter(topic -> topic.getName().startsWith(name + "-"))
          .forEach(topic -> found.put(topic.getName(), full(stub, topic.getName())));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    List<String> violations = new ArrayList<>();
    possible.forEach(
        (topic, states) -> {
          Optional<Topic> is = Optional.ofNullable(found.remove(topic));
          if (states.stream().noneMatch(state -> state.fits(is))) {
            List<String> story = log.stream().filter(l -> l.startsWith(topic + ":")).toList();
            violations.add(topic + " is " + is + " (expected: one of " + states + "): " + story);
          }
        });
    found.keySet().forEach(topic -> violations.add(topic + " was never created"));
    return violations;
  }

  private static Topic full(TopicServiceBlockingStub stub, String name) {
    return stub.getTopic(GetTopicRequest.newBuilder().setName(name).build()).getTopic();
  }

  void close() {
    channels.forEach(ManagedChannel::shutdownNow);
  }
}
