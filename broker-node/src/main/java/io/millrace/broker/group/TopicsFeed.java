package io.millrace.broker.group;

import io.millrace.broker.group.core.TopicsView;
import io.millrace.broker.group.core.TopicsView.Topic;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicDelta;
import io.millrace.metadata.image.TopicImage;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The topics of the metadata as coordinators see them. Images come on one thread; {@link #view}
 * from any.
 */
final class TopicsFeed {
  private volatile TopicsView view = TopicsView.EMPTY;

  /** The racks of the brokers that have one. */
  private Map<Integer, String> racks = Map.of();

  /** The topics as the last image has them. */
  TopicsView view() {
    return view;
  }

  /**
   * Takes an image.
   *
   * @return the names of the topics that are not as they were, deleted ones included
   */
  Set<String> onImage(MetadataImage image, MetadataDelta delta) {
    Set<String> changed = new HashSet<>();
    TopicsView next = view;
    for (TopicDelta topic : delta.topics().values()) {
      next = withoutOld(next, topic, changed);
    }
    for (TopicImage topic : concerned(image, delta)) {
      Topic now = topic(topic);
      if (!next.topic(topic.name()).equals(Optional.of(now))) {
        next = next.with(now);
        changed.add(topic.name());
      }
    }
    view = next;
    return changed;
  }

  private static TopicsView withoutOld(TopicsView view, TopicDelta delta, Set<String> changed) {
    if (delta.before().isEmpty() || delta.after().isPresent()) {
      return view;
    }
    String name = delta.before().get().name();
    changed.add(name);
    return view.without(name);
  }

  /** The topics that may look different: those that changed, or all when racks did. */
  private Collection<TopicImage> concerned(MetadataImage image, MetadataDelta delta) {
    Map<Integer, String> racksNow = racks;
    if (!delta.changedBrokers().isEmpty()) {
      racksNow = racks(image);
    }
    if (!racksNow.equals(racks)) {
      racks = racksNow;
      return image.topics().byId().values();
    }
    return delta.topics().values().stream()
        .flatMap(topic -> topic.after().stream())
        .collect(Collectors.toList());
  }

  private static Map<Integer, String> racks(MetadataImage image) {
    Map<Integer, String> racks = new HashMap<>();
    for (BrokerImage broker : image.brokers().values()) {
      if (!broker.rack().isEmpty()) {
        racks.put(broker.id(), broker.rack());
      }
    }
    return racks;
  }

  private Topic topic(TopicImage topic) {
    int partitions = topic.partitions().size();
    List<Set<String>> places =
        racks.isEmpty()
            ? List.of()
            : topic.partitions().stream().map(this::racksOf).collect(Collectors.toList());
    return new Topic(topic.id(), topic.name(), partitions, places);
  }

  private Set<String> racksOf(PartitionImage partition) {
    return partition.replicas().stream()
        .flatMap(id -> Optional.ofNullable(racks.get(id)).stream())
        .collect(Collectors.toSet());
  }
}
