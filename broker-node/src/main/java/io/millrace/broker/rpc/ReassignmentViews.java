package io.millrace.broker.rpc;

import io.millrace.common.TopicPartition;
import io.millrace.metadata.controller.ClusterCommand;
import io.millrace.metadata.controller.ClusterCommand.AlterReassignments;
import io.millrace.metadata.image.Assignment;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.v1.AlterReassignmentsResponse;
import io.millrace.proto.v1.ListReassignmentsRequest;
import io.millrace.proto.v1.ListReassignmentsResponse;
import io.millrace.proto.v1.Reassignment;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/** Reassignments as clients see them. Stateless. */
final class ReassignmentViews {
  private ReassignmentViews() {}

  /** The partitions that a command named, as they are. */
  static AlterReassignmentsResponse of(AlterReassignments command, MetadataImage image) {
    AlterReassignmentsResponse.Builder answer = AlterReassignmentsResponse.newBuilder();
    for (ClusterCommand.Reassignment each : command.reassignments()) {
      TopicPartition name = each.partition();
      Optional<PartitionImage> partition =
          image.topic(name.topic()).flatMap(topic -> topic.partition(name.partition()));
      answer.addReassignments(
          partition
              .map(found -> view(name.topic(), name.partition(), found.assignment()))
              .orElseGet(
                  () ->
                      Reassignment.newBuilder()
                          .setTopic(name.topic())
                          .setPartition(name.partition())
                          .build()));
    }
    return answer.build();
  }

  /** One page of those under way. The token is the last partition of the page before. */
  static ListReassignmentsResponse page(MetadataImage image, ListReassignmentsRequest request) {
    int size = Pages.size(request.getPageSize());
    PartitionPlace after = PartitionPlace.of(request.getPageToken());
    ListReassignmentsResponse.Builder page = ListReassignmentsResponse.newBuilder();
    for (TopicImage topic : topics(image, request.getTopic(), after).toList()) {
      int number = 0;
      for (PartitionImage partition : topic.partitions()) {
        TopicPartition name = new TopicPartition(topic.name(), number);
        if (partition.assignment().reassigning() && after.isBefore(name)) {
          if (page.getReassignmentsCount() == size) {
            Reassignment last = page.getReassignments(size - 1);
            return page.setNextPageToken(
                    PartitionPlace.token(new TopicPartition(last.getTopic(), last.getPartition())))
                .build();
          }
          page.addReassignments(view(topic.name(), number, partition.assignment()));
        }
        number++;
      }
    }
    return page.build();
  }

  private static Stream<TopicImage> topics(MetadataImage image, String only, PartitionPlace after) {
    if (!only.isEmpty()) {
      return Stream.of(PartitionRequests.topic(image, only));
    }
    List<UUID> ids = List.copyOf(image.topics().idsByName().tailMap(after.topic(), true).values());
    return ids.stream().flatMap(id -> image.topic(id).stream());
  }

  private static Reassignment view(String topic, int number, Assignment assignment) {
    return Reassignment.newBuilder()
        .setTopic(topic)
        .setPartition(number)
        .addAllReplicas(assignment.replicas())
        .addAllAddingReplicas(assignment.adding())
        .addAllRemovingReplicas(assignment.removing())
        .build();
  }
}
