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
  /** Between number and topic in a page token; no topic's name has it. */
  private static final char SEPARATOR = '/';

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
    Place after = Place.of(request.getPageToken());
    ListReassignmentsResponse.Builder page = ListReassignmentsResponse.newBuilder();
    for (TopicImage topic : topics(image, request.getTopic(), after).toList()) {
      int number = 0;
      for (PartitionImage partition : topic.partitions()) {
        boolean later = !topic.name().equals(after.topic()) || number > after.partition();
        if (later && partition.assignment().reassigning()) {
          if (page.getReassignmentsCount() == size) {
            return page.setNextPageToken(token(page.getReassignments(size - 1))).build();
          }
          page.addReassignments(view(topic.name(), number, partition.assignment()));
        }
        number++;
      }
    }
    return page.build();
  }

  private static Stream<TopicImage> topics(MetadataImage image, String only, Place after) {
    if (!only.isEmpty()) {
      return Stream.of(PartitionRequests.topic(image, only));
    }
    List<UUID> ids =
        List.copyOf(image.topics().idsByName().tailMap(after.topic(), true).values());
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

  private static String token(Reassignment last) {
    return Pages.token(last.getPartition() + "" + SEPARATOR + last.getTopic());
  }

  /** After which partition a page begins; an empty topic is before all. */
  private record Place(String topic, int partition) {
    static Place of(String token) {
      String last = Pages.last(token);
      if (last.isEmpty()) {
        return new Place("", -1);
      }
      int separator = last.indexOf(SEPARATOR);
      try {
        return new Place(
            last.substring(separator + 1), Integer.parseInt(last.substring(0, separator)));
      } catch (IndexOutOfBoundsException | NumberFormatException malformed) {
        throw Pages.noToken(token);
      }
    }
  }
}
