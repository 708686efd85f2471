package io.millrace.broker.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicPartition;
import io.millrace.metadata.controller.ClusterCommand.ElectLeaders;
import io.millrace.metadata.controller.ClusterCommand.ElectionType;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.v1.ElectLeadersResponse;
import io.millrace.proto.v1.ElectionResult;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Tells what came of an election, from the images before and after it. Used once. */
final class ElectionResults {
  private static final int MAX_FAILURES = 1_000;

  private final ElectionType type;
  private final MetadataImage before;
  private final MetadataImage after;
  private final ElectLeadersResponse.Builder answer = ElectLeadersResponse.newBuilder();
  private int elected;
  private int failed;

  private ElectionResults(ElectionType type, MetadataImage before, MetadataImage after) {
    this.type = type;
    this.before = before;
    this.after = after;
  }

  /** The answer: all partitions that were named, or of all those that are not led as wished. */
  static ElectLeadersResponse of(ElectLeaders command, MetadataImage before, MetadataImage after) {
    ElectionResults results = new ElectionResults(command.type(), before, after);
    if (command.partitions().isEmpty()) {
      results.all();
    } else {
      command.partitions().forEach(results::one);
    }
    return results.answer.setElectedCount(results.elected).setFailedCount(results.failed).build();
  }

  private void one(TopicPartition name) {
    Optional<TopicImage> topic = after.topic(name.topic());
    Optional<PartitionImage> partition = topic.flatMap(t -> t.partition(name.partition()));
    if (topic.isEmpty() || partition.isEmpty()) {
      failed++;
      answer.addResults(
          ElectionResult.newBuilder()
              .setTopic(name.topic())
              .setPartition(name.partition())
              .setError(RpcErrors.toProto(TopicViews.unknownTopic(name.topic()))));
      return;
    }
    count(topic.get(), name.partition(), partition.get());
    Optional<MillraceError> failure = failure(topic.get(), name.partition(), partition.get());
    failed += failure.isPresent() ? 1 : 0;
    answer.addResults(result(topic.get(), name.partition(), partition.get(), failure));
  }

  private void all() {
    for (UUID id : after.topics().idsByName().values()) {
      TopicImage topic = after.topic(id).orElseThrow();
      int number = 0;
      for (PartitionImage partition : topic.partitions()) {
        count(topic, number, partition);
        if (!asWished(partition)) {
          fail(topic, number, partition);
        }
        number++;
      }
    }
  }

  private void fail(TopicImage topic, int number, PartitionImage partition) {
    failed++;
    if (answer.getResultsCount() < MAX_FAILURES) {
      answer.addResults(result(topic, number, partition, failure(topic, number, partition)));
    }
  }

  private void count(TopicImage topic, int number, PartitionImage now) {
    boolean other =
        before
            .topic(topic.id())
            .flatMap(t -> t.partition(number))
            .filter(then -> then.leader() != now.leader())
            .isPresent();
    elected += other ? 1 : 0;
  }

  private boolean asWished(PartitionImage partition) {
    return switch (type) {
      case PREFERRED -> partition.leader() == partition.replicas().get(0);
      case UNCLEAN -> partition.leader() != PartitionImage.NO_BROKER;
    };
  }

  private Optional<MillraceError> failure(TopicImage topic, int number, PartitionImage partition) {
    if (asWished(partition)) {
      return Optional.empty();
    }
    if (partition.leader() == PartitionImage.NO_BROKER) {
      return Optional.of(NoLeader.why(after, topic.name(), number, partition));
    }
    int preferred = partition.replicas().get(0);
    String name = topic.name() + "-" + number;
    Optional<String> why = whyNot(preferred, partition);
    String message =
        why.map(obstacle -> "broker " + preferred + " can't lead " + name + " now: " + obstacle)
            .orElse("broker " + preferred + " can lead " + name + ", but was not elected");
    return Optional.of(
        new MillraceError(
            ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE,
            message,
            Map.of("preferred_leader", "" + preferred, "why", why.orElse("not elected"))));
  }

  /** What stands against it; empty if it became fit just now, or was only looked at. */
  private Optional<String> whyNot(int preferred, PartitionImage partition) {
    Optional<BrokerImage> broker = after.broker(preferred);
    if (broker.isEmpty()) {
      return Optional.of("it is not registered");
    }
    if (!broker.get().active()) {
      String state = broker.get().state().name().toLowerCase(Locale.ROOT).replace('_', ' ');
      return Optional.of("it is " + state);
    }
    if (after.drained(preferred)) {
      return Optional.of("it is drained");
    }
    if (!partition.isr().contains(preferred)) {
      return Optional.of("it is not in sync (in sync: " + partition.isr() + ")");
    }
    UUID directory = partition.directoryOf(preferred);
    boolean online =
        directory.equals(PartitionImage.UNASSIGNED)
            || broker.get().directories().contains(directory);
    return online ? Optional.empty() : Optional.of("its log directory is offline");
  }

  private static ElectionResult result(
      TopicImage topic, int number, PartitionImage partition, Optional<MillraceError> failure) {
    ElectionResult.Builder result =
        ElectionResult.newBuilder()
            .setTopic(topic.name())
            .setPartition(number)
            .setLeaderId(partition.leader())
            .setLeaderEpoch(partition.leaderEpoch());
    failure.ifPresent(error -> result.setError(RpcErrors.toProto(error)));
    return result.build();
  }
}
