package io.millrace.it.simulation;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/** What is known of each replica of a partition. Confined to the simulation's thread. */
final class KnownReplicas {
  private final Batches batches;
  private final String partition;
  private final Map<Integer, KnownReplica> byBroker = new HashMap<>();

  /** Nothing is known of the partition that is called so. */
  KnownReplicas(Batches batches, String partition) {
    this.batches = batches;
    this.partition = partition;
  }

  /** What is known of a broker's replica. */
  KnownReplica of(int broker) {
    return byBroker.computeIfAbsent(broker, absent -> new KnownReplica(batches, partition));
  }

  /** A process makes an empty log. */
  void create(ClusterProcess process) {
    KnownReplica made = new KnownReplica(batches, partition);
    made.createdBy(process.incarnation(), of(process.id()));
    byBroker.put(process.id(), made);
  }

  /** A broker's replica is no more. */
  void remove(int broker) {
    byBroker.remove(broker);
  }

  void each(BiConsumer<Integer, KnownReplica> action) {
    byBroker.forEach(action);
  }

  Collection<KnownReplica> all() {
    return Collections.unmodifiableCollection(byBroker.values());
  }
}
