package io.millrace.client.internal;

import io.millrace.client.api.RebalanceListener;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Brings a consumer's partitions to what its group gave it last: gives up first, with the listener
 * told, then takes what is new. What is kept is not touched. Confined to the consumer's thread.
 */
final class Rebalances {
  /** What follows from it. */
  interface Owner {
    /** Partitions are to be given up: the last chance to commit. */
    void beforeRevoked(Set<TopicPartition> partitions);

    /** The listener was called: what it commits without waiting is waited for. */
    void afterRevoked();

    /** A partition is read from now on, from its committed place. */
    void came(TopicPartition partition, Tenure tenure);

    /** A partition is read no more. */
    void gone(TopicPartition partition);

    /** Calls the listener. */
    void call(Runnable listener);

    /** These are all that it has now. */
    void owns(Set<TopicIdPartition> partitions);

    /** What was lost is dropped. */
    void dropped();
  }

  private record Held(TopicPartition partition, Tenure tenure) {}

  private final TopicNames names;
  private final Owner owner;
  private final Map<TopicIdPartition, Held> held = new LinkedHashMap<>();
  private final Map<TopicPartition, Tenure> tenures = new LinkedHashMap<>();
  private RebalanceListener listener = new RebalanceListener() {};
  private Set<TopicIdPartition> wanted = Set.of();
  private long incarnation;
  private boolean lost;
  private boolean changed;

  Rebalances(TopicNames names, Owner owner) {
    this.names = names;
    this.owner = owner;
  }

  /** Who is told from now on. */
  void listener(RebalanceListener next) {
    listener = next;
  }

  /** The group gives it these, and no others. */
  void assigned(long asIncarnation, Set<TopicIdPartition> partitions) {
    incarnation = asIncarnation;
    wanted = partitions;
    changed = true;
  }

  /** All are lost. */
  void lost() {
    lost = true;
    wanted = Set.of();
    changed = true;
  }

  /** Names of topics came. */
  void namesCame() {
    changed = true;
  }

  /** Whether partitions are waiting for the names of their topics. */
  boolean waitsForNames() {
    return held.size() < wanted.size();
  }

  /** The time for which it has a partition, if the group gave it. */
  Optional<Tenure> tenure(TopicPartition partition) {
    return Optional.ofNullable(tenures.get(partition));
  }

  /** The partitions that the group gave it and that it reads. */
  Set<TopicPartition> partitions() {
    return tenures.keySet();
  }

  /** Does what is to be done, if anything; throws what the listener threw, when all is done. */
  void settle() {
    if (waitsForNames()) {
      names.ask(topics(wanted));
    }
    if (!changed) {
      return;
    }
    changed = false;
    Failures failures = new Failures();
    if (lost) {
      lost = false;
      dropLost(failures);
    }
    giveUp(failures);
    take(failures);
    failures.throwFirst();
  }

  /** Gives everything up, as the consumer leaves the group. */
  void giveUpAll() {
    wanted = Set.of();
    changed = false;
    Failures failures = new Failures();
    if (lost) {
      lost = false;
      drop(failures);
    }
    giveUp(failures);
    failures.throwFirst();
  }

  private void dropLost(Failures failures) {
    drop(failures);
    owner.dropped();
  }

  private void drop(Failures failures) {
    Set<TopicPartition> gone = Set.copyOf(tenures.keySet());
    // First: nobody is to commit them any more, the listener neither.
    tenures.values().forEach(Tenure::end);
    if (!gone.isEmpty()) {
      failures.run(() -> owner.call(() -> listener.onLost(gone)));
    }
    remove(new ArrayList<>(held.keySet()));
  }

  private void giveUp(Failures failures) {
    List<TopicIdPartition> revoked =
        held.keySet().stream().filter(partition -> !wanted.contains(partition)).toList();
    if (!revoked.isEmpty()) {
      Set<TopicPartition> named =
          revoked.stream().map(id -> held(id).partition()).collect(Collectors.toUnmodifiableSet());
      failures.run(() -> owner.beforeRevoked(named));
      failures.run(() -> owner.call(() -> listener.onRevoked(named)));
      owner.afterRevoked();
      remove(revoked);
    }
  }

  private void remove(List<TopicIdPartition> partitions) {
    for (TopicIdPartition id : partitions) {
      Held gone = held(id);
      gone.tenure().end();
      held.remove(id);
      tenures.remove(gone.partition());
      owner.gone(gone.partition());
    }
  }

  private Held held(TopicIdPartition id) {
    Held known = held.get(id);
    if (known == null) {
      throw new IllegalStateException(id + " is not held");
    }
    return known;
  }

  private void take(Failures failures) {
    names.keepOnly(topics(wanted));
    names.ask(topics(wanted));
    Set<TopicPartition> came = new LinkedHashSet<>();
    for (TopicIdPartition id : wanted) {
      Optional<TopicPartition> named =
          names.name(id.topicId()).map(topic -> new TopicPartition(topic, id.partition()));
      // A topic that was made anew under its name has to wait until the old one's is given up.
      if (named.isPresent() && !tenures.containsKey(named.get())) {
        TopicPartition partition = named.get();
        Tenure tenure = new Tenure(id, incarnation);
        held.put(id, new Held(partition, tenure));
        tenures.put(partition, tenure);
        owner.came(partition, tenure);
        came.add(partition);
      }
    }
    // Even if nothing changed: it counts as the owner of all that it was told to own since it
    // spoke.
    owner.owns(Set.copyOf(held.keySet()));
    if (!came.isEmpty()) {
      failures.run(() -> owner.call(() -> listener.onAssigned(Set.copyOf(came))));
    }
  }

  private static Set<UUID> topics(Set<TopicIdPartition> partitions) {
    return partitions.stream().map(TopicIdPartition::topicId).collect(Collectors.toSet());
  }

  /** What went wrong on the way; the way is gone to its end all the same. */
  private static final class Failures {
    private Optional<Throwable> first = Optional.empty();

    void run(Runnable step) {
      try {
        step.run();
      } catch (RuntimeException | Error e) {
        first = first.isPresent() ? first : Optional.of(e);
      }
    }

    void throwFirst() {
      if (first.isPresent()) {
        if (first.get() instanceof RuntimeException e) {
          throw e;
        }
        throw (Error) first.get();
      }
    }
  }
}
