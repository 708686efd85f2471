package io.millrace.broker.group.core;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashTreePMap;
import org.pcollections.PMap;
import org.pcollections.PSortedMap;
import org.pcollections.TreePMap;

/**
 * The topics as coordinators see them: immutable, cheap to change, to be shared by all coordinators
 * of a broker.
 *
 * @param byName the topics by name
 * @param namesById the same topics' names by id
 */
public record TopicsView(PSortedMap<String, Topic> byName, PMap<UUID, String> namesById) {
  /** No topics. */
  public static final TopicsView EMPTY = new TopicsView(TreePMap.empty(), HashTreePMap.empty());

  /**
   * A topic.
   *
   * @param id its id
   * @param name its name; one that begins with two underscores is internal
   * @param partitionCount how many partitions it has
   * @param racks the racks of each partition's replicas, without empty ones; or an empty list if no
   *     broker has a rack
   */
  public record Topic(UUID id, String name, int partitionCount, List<Set<String>> racks) {
    public Topic {
      racks = racks.stream().map(Set::copyOf).toList();
      if (!racks.isEmpty() && racks.size() != partitionCount) {
        throw new IllegalArgumentException(
            "racks: " + racks.size() + " (expected: 0 or " + partitionCount + ")");
      }
    }

    /** A topic on brokers without racks. */
    public Topic(UUID id, String name, int partitionCount) {
      this(id, name, partitionCount, List.of());
    }

    /** Whether it is the system's own, which no expression matches. */
    public boolean internal() {
      return name.startsWith("__");
    }

    /** The racks of a partition's replicas. */
    Set<String> racksOf(int partition) {
      return racks.isEmpty() ? Set.of() : racks.get(partition);
    }
  }

  /** The topic of that name, if it exists. */
  public Optional<Topic> topic(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** The topic of that id, if it exists. */
  public Optional<Topic> topic(UUID id) {
    @Nullable String name = namesById.get(id);
    return name == null ? Optional.empty() : topic(name);
  }

  /** With a topic that is new, or instead of the one that had the name. */
  public TopicsView with(Topic topic) {
    TopicsView others = without(topic.name());
    return new TopicsView(
        others.byName.plus(topic.name(), topic), others.namesById.plus(topic.id(), topic.name()));
  }

  /** Without the topic of that name, if it exists. */
  public TopicsView without(String name) {
    @Nullable Topic gone = byName.get(name);
    return gone == null ? this : new TopicsView(byName.minus(name), namesById.minus(gone.id()));
  }
}
