package io.millrace.metadata.image;

import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pcollections.PSortedMap;
import org.pcollections.TreePMap;

/**
 * All topics.
 *
 * @param byId the topics by id
 * @param idsByName the same topics' ids by name, in the order of the names
 * @param partitionCount how many partitions all of them have
 */
public record TopicsImage(
    PSortedMap<UUID, TopicImage> byId, PSortedMap<String, UUID> idsByName, int partitionCount) {

  /** No topics. */
  public static final TopicsImage EMPTY = new TopicsImage(TreePMap.empty(), TreePMap.empty(), 0);

  /** The topic of that id, if it exists. */
  public Optional<TopicImage> topic(UUID id) {
    return Optional.ofNullable(byId.get(id));
  }

  /** The topic of that name, if it exists. */
  public Optional<TopicImage> topic(String name) {
    @Nullable UUID id = idsByName.get(name);
    return id == null ? Optional.empty() : topic(id);
  }

  TopicsImage with(TopicImage topic) {
    @Nullable TopicImage before = byId.get(topic.id());
    int partitionsBefore = before == null ? 0 : before.partitions().size();
    return new TopicsImage(
        byId.plus(topic.id(), topic),
        before == null ? idsByName.plus(topic.name(), topic.id()) : idsByName,
        partitionCount + topic.partitions().size() - partitionsBefore);
  }

  TopicsImage without(TopicImage topic) {
    return new TopicsImage(
        byId.minus(topic.id()),
        idsByName.minus(topic.name()),
        partitionCount - topic.partitions().size());
  }
}
