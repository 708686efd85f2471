package io.millrace.client.api;

import io.millrace.common.MillraceError;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What a {@link MetadataWatch} tells.
 *
 * @param kind what it is about
 * @param revision the revision that the metadata have once everything up to the next {@link #last}
 *     is taken
 * @param nodeId the node that tells
 * @param controllerId the active controller's node id, or 0 when not known
 * @param content what is new
 * @param last whether the revision is complete
 */
public record MetadataEvent(
    Kind kind, long revision, int nodeId, int controllerId, Content content, boolean last) {
  /** What an event is about. */
  public enum Kind {
    /**
     * A piece of all there is, which replaces what was known; the first piece comes after a last,
     * or after a {@link #RESYNC}.
     */
    SNAPSHOT,
    /** A piece of what is different now. */
    CHANGES,
    /** Nothing is different up to the revision. */
    PROGRESS,
    /**
     * What is known is too old to be brought up to date, or a snapshot broke off: what was told of
     * it is void, and a snapshot follows from its beginning.
     */
    RESYNC
  }

  /**
   * What is new or different.
   *
   * @param brokers that are new or different
   * @param removedBrokers the node ids of those that are not registered any more
   * @param topics those that are new or different, with those of their partitions that are
   * @param deletedTopics the names of those that are deleted; come before topics of the same name
   */
  public record Content(
      List<ClusterDescription.Broker> brokers,
      List<Integer> removedBrokers,
      List<ChangedTopic> topics,
      List<String> deletedTopics) {
    /** Nothing. */
    public static final Content NONE = new Content(List.of(), List.of(), List.of(), List.of());

    public Content {
      brokers = List.copyOf(brokers);
      removedBrokers = List.copyOf(removedBrokers);
      topics = List.copyOf(topics);
      deletedTopics = List.copyOf(deletedTopics);
    }
  }

  /**
   * A topic that is new or different.
   *
   * @param name its name
   * @param id its id; empty if it can't be told
   * @param partitions those that are new or different
   * @param error why it can't be told, such as that it does not exist
   */
  public record ChangedTopic(
      String name,
      Optional<UUID> id,
      List<PartitionDescription> partitions,
      Optional<MillraceError> error) {
    public ChangedTopic {
      partitions = List.copyOf(partitions);
    }
  }
}
