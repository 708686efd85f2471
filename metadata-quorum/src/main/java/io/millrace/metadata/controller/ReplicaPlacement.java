package io.millrace.metadata.controller;

import io.millrace.metadata.image.BrokerImage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Spreads the replicas of new partitions evenly (S20).
 *
 * <p>The live brokers stand in a ring in which racks alternate. Leaders go round it, beginning
 * where the cluster's last partition left off, so that many small topics spread like one large one.
 * The other replicas follow the leader at a distance that grows with each round, so that the
 * partitions of a leader have different followers; a rack is used twice only when every rack is
 * used.
 */
final class ReplicaPlacement {
  private final List<BrokerImage> ring;
  private final long rackCount;

  /** A placement on brokers; in any order. */
  ReplicaPlacement(Collection<BrokerImage> live) {
    this.ring = alternatingRacks(live);
    this.rackCount = ring.stream().map(BrokerImage::rack).distinct().count();
  }

  /**
   * The replicas of new partitions, the preferred leader first.
   *
   * @param before how many partitions the cluster has already
   * @param partitions how many are new
   * @param replicationFactor how many replicas each has, at most the number of brokers
   */
  List<List<Integer>> place(int before, int partitions, int replicationFactor) {
    List<List<Integer>> placed = new ArrayList<>(partitions);
    for (int i = 0; i < partitions; i++) {
      placed.add(replicas(before + i, replicationFactor));
    }
    return placed;
  }

  private List<Integer> replicas(int position, int replicationFactor) {
    int size = ring.size();
    int leader = position % size;
    int distance = size > 1 ? position / size % (size - 1) : 0;
    List<Integer> replicas = new ArrayList<>(replicationFactor);
    Set<String> racks = new HashSet<>();
    replicas.add(ring.get(leader).id());
    racks.add(ring.get(leader).rack());
    for (int i = 0; replicas.size() < replicationFactor && racks.size() < rackCount; i++) {
      BrokerImage next = follower(leader, distance, i);
      if (racks.add(next.rack())) {
        replicas.add(next.id());
      }
    }
    for (int i = 0; replicas.size() < replicationFactor; i++) {
      int next = follower(leader, distance, i).id();
      if (!replicas.contains(next)) {
        replicas.add(next);
      }
    }
    return replicas;
  }

  /** The broker that comes after so many others behind a leader. */
  private BrokerImage follower(int leader, int distance, int others) {
    int size = ring.size();
    return ring.get((leader + 1 + (distance + others) % (size - 1)) % size);
  }

  private static List<BrokerImage> alternatingRacks(Collection<BrokerImage> live) {
    SortedMap<String, List<BrokerImage>> byRack = new TreeMap<>();
    live.forEach(b -> byRack.computeIfAbsent(b.rack(), rack -> new ArrayList<>()).add(b));
    byRack.values().forEach(rack -> rack.sort(Comparator.comparingInt(BrokerImage::id)));
    List<BrokerImage> ring = new ArrayList<>(live.size());
    for (int i = 0; ring.size() < live.size(); i++) {
      for (List<BrokerImage> rack : byRack.values()) {
        if (i < rack.size()) {
          ring.add(rack.get(i));
        }
      }
    }
    return ring;
  }
}
