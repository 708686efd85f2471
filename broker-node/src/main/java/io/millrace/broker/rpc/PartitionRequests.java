package io.millrace.broker.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.metadata.controller.ClusterCommand.AlterReassignments;
import io.millrace.metadata.controller.ClusterCommand.ElectLeaders;
import io.millrace.metadata.controller.ClusterCommand.ElectionType;
import io.millrace.metadata.controller.ClusterCommand.Reassignment;
import io.millrace.metadata.controller.RequestOptions;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.v1.AlterReassignmentsRequest;
import io.millrace.proto.v1.ElectLeadersRequest;
import io.millrace.proto.v1.PartitionReassignment;
import io.millrace.proto.v1.TopicPartitions;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Reads the requests about partitions. Stateless. */
final class PartitionRequests {
  private static final int MAX_PARTITIONS = 10_000;

  private PartitionRequests() {}

  /** The command that an election asks for. */
  static ElectLeaders command(ElectLeadersRequest request, MetadataImage image) {
    ElectionType type =
        switch (request.getType()) {
          case ELECTION_TYPE_PREFERRED -> ElectionType.PREFERRED;
          case ELECTION_TYPE_UNCLEAN -> ElectionType.UNCLEAN;
          case ELECTION_TYPE_UNSPECIFIED, UNRECOGNIZED ->
              throw Requests.invalid(
                  "type: " + request.getTypeValue() + " (expected: preferred or unclean)");
        };
    if (request.getAllTopics() == (request.getTopicsCount() > 0)) {
      throw Requests.invalid(
          "topics: "
              + request.getTopicsCount()
              + ", all_topics: "
              + request.getAllTopics()
              + " (expected: either the one or the other)");
    }
    RequestOptions options =
        TopicRequests.options(request.getRequestId(), request.getValidateOnly());
    return new ElectLeaders(type, named(request.getTopicsList(), image), options);
  }

  private static List<TopicPartition> named(List<TopicPartitions> topics, MetadataImage image) {
    Set<TopicPartition> named = new LinkedHashSet<>();
    for (TopicPartitions each : topics) {
      TopicImage topic = topic(image, each.getTopic());
      List<Integer> numbers =
          each.getPartitionsCount() > 0
              ? each.getPartitionsList()
              : IntStream.range(0, topic.partitions().size()).boxed().toList();
      requireFew(named.size() + numbers.size());
      numbers.forEach(number -> named.add(partition(topic.name(), number)));
    }
    return List.copyOf(named);
  }

  /** The command that an alteration asks for. */
  static AlterReassignments command(AlterReassignmentsRequest request) {
    requireFew(request.getReassignmentsCount());
    if (request.getReassignmentsCount() == 0) {
      throw Requests.invalid("reassignments: 0 (expected: at least 1)");
    }
    List<Reassignment> reassignments = new ArrayList<>();
    for (PartitionReassignment each : request.getReassignmentsList()) {
      TopicPartition name = partition(each.getTopic(), each.getPartition());
      if (each.getCancel() && each.getReplicasCount() > 0) {
        throw Requests.invalid(
            "replicas of " + name + ": " + each.getReplicasList() + " (expected: none to cancel)");
      }
      reassignments.add(
          new Reassignment(
              name, each.getCancel() ? Optional.empty() : Optional.of(each.getReplicasList())));
    }
    return new AlterReassignments(
        reassignments, TopicRequests.options(request.getRequestId(), request.getValidateOnly()));
  }

  /** The topic of a name. */
  static TopicImage topic(MetadataImage image, String name) {
    return image.topic(name).orElseThrow(() -> TopicViews.unknownTopic(name).exception());
  }

  private static TopicPartition partition(String topic, int number) {
    if (number < 0) {
      throw new MillraceError(
              ErrorCode.UNKNOWN_PARTITION,
              "partition: " + number + " of topic " + topic + " (expected: 0 or more)",
              Map.of("topic", topic, "partition", "" + number))
          .exception();
    }
    return new TopicPartition(topic, number);
  }

  private static void requireFew(int partitions) {
    if (partitions > MAX_PARTITIONS) {
      throw new MillraceException(
          ErrorCode.INVALID_REQUEST,
          "partitions: " + partitions + " (expected: at most " + MAX_PARTITIONS + " in a request)");
    }
  }
}
