package io.millrace.metadata;

import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.TopicDelta;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/**
 * What has changed lately, for clients that follow the image: which topics, partitions and brokers,
 * but not their values, which the newest image has. Unlike {@link EntryFeed} it is there on every
 * node, and changes of many revisions are told together. Thread-safe: one lock, under which only
 * what the caller gives is called.
 */
public final class ChangeHistory implements MetadataListener {
  private final int most;
  private final List<Runnable> watchers = new CopyOnWriteArrayList<>();

  /** The oldest first, without a gap: they lead from {@link #oldest} to {@link #image}. */
  private final Deque<Step> steps = new ArrayDeque<>();

  /** The sum of the steps' sizes, at most {@link #most}. */
  private long size;

  private boolean begun;
  private long oldest;
  private MetadataImage image = MetadataImage.EMPTY;

  /**
   * Begins empty.
   *
   * @param most how many changed topics, partitions and brokers are remembered
   */
  public ChangeHistory(int most) {
    this.most = most;
  }

  /**
   * What is different at an image.
   *
   * @param image the image
   * @param topics by id, those that are deleted included
   * @param brokers the node ids of brokers that are new, changed or unregistered
   */
  public record Changes(
      MetadataImage image, Map<UUID, ChangedTopic> topics, SortedSet<Integer> brokers) {}

  /**
   * A topic that is new, changed or deleted.
   *
   * @param name its name
   * @param partitions the numbers of the partitions that are new or changed
   */
  public record ChangedTopic(String name, SortedSet<Integer> partitions) {}

  private record Step(long toRevision, Map<UUID, ChangedTopic> topics, SortedSet<Integer> brokers) {
    static Step of(MetadataDelta delta) {
      Map<UUID, ChangedTopic> topics = new HashMap<>();
      for (TopicDelta topic : delta.topics().values()) {
        topic
            .after()
            .or(topic::before)
            .ifPresent(
                known ->
                    topics.put(
                        topic.id(), new ChangedTopic(known.name(), topic.changedPartitions())));
      }
      return new Step(delta.toRevision(), topics, delta.changedBrokers());
    }

    long size() {
      long partitions = topics.values().stream().mapToLong(t -> t.partitions().size()).sum();
      return 1L + topics.size() + partitions + brokers.size();
    }
  }

  @Override
  public void onImage(MetadataImage newest, MetadataDelta delta) {
    Step step = Step.of(delta);
    synchronized (this) {
      if (begun && delta.fromRevision() == image.revision()) {
        steps.addLast(step);
        size += step.size();
      } else {
        steps.clear();
        size = 0;
        oldest = newest.revision();
        begun = true;
      }
      image = newest;
      while (size > most) {
        Step first = steps.removeFirst();
        size -= first.size();
        oldest = first.toRevision();
      }
    }
    watchers.forEach(Runnable::run);
  }

  /**
   * What has changed since a revision.
   *
   * @param names the topics that matter
   * @return empty if it is not known any more
   */
  public synchronized Optional<Changes> since(long revision, Predicate<String> names) {
    if (revision < oldest || revision > image.revision()) {
      return Optional.empty();
    }
    Map<UUID, ChangedTopic> topics = new HashMap<>();
    SortedSet<Integer> brokers = new TreeSet<>();
    Iterator<Step> newestFirst = steps.descendingIterator();
    while (newestFirst.hasNext()) {
      Step step = newestFirst.next();
      if (step.toRevision() <= revision) {
        break;
      }
      brokers.addAll(step.brokers());
      step.topics()
          .forEach(
              (id, topic) -> {
                if (names.test(topic.name())) {
                  topics
                      .computeIfAbsent(id, key -> new ChangedTopic(topic.name(), new TreeSet<>()))
                      .partitions()
                      .addAll(topic.partitions());
                }
              });
    }
    return Optional.of(new Changes(image, topics, brokers));
  }

  /** The oldest revision that {@link #since} can begin with. */
  public synchronized long oldest() {
    return oldest;
  }

  /** The newest image. */
  public synchronized MetadataImage image() {
    return image;
  }

  /** Runs a task, which must not block, after each change; the answer ends it. */
  public Runnable watch(Runnable task) {
    watchers.add(task);
    return () -> watchers.remove(task);
  }
}
