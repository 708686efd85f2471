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
 * used. Brokers that are fenced stand in a ring of their own and never lead; they are taken where
 * no live one is left, or none in their rack, as Kafka's StripedReplicaPlacer does.
 */
final class ReplicaPlacement {
  private final List<BrokerImage> live;
  private final List<BrokerImage> fenced;
  private final long rackCount;

  /** A placement on brokers, one of them live at least; in any order. */
  ReplicaPlacement(Collection<BrokerImage> brokers) {
    this.live = alternatingRacks(brokers.stream().filter(BrokerImage::active).toList());
    this.fenced = alternatingRacks(brokers.stream().filter(each -> !each.active()).toList());
    this.rackCount = brokers.stream().map(BrokerImage::rack).distinct().count();
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
    BrokerImage leader = live.get(position % live.size());
    List<Integer> replicas = new ArrayList<>(replicationFactor);
    Set<String> racks = new HashSet<>();
    replicas.add(leader.id());
    racks.add(leader.rack());
    for (int i = 0; replicas.size() < replicationFactor && racks.size() < rackCount; i++) {
      BrokerImage next = follower(position, i);
      if (racks.add(next.rack())) {
        replicas.add(next.id());
      }
    }
    for (int i = 0; replicas.size() < replicationFactor; i++) {
      int next = follower(position, i).id();
      if (!replicas.contains(next)) {
        replicas.add(next);
      }
    }
    return replicas;
  }

  /** The broker that comes after so many others behind a leader: the live ones come first. */
  private BrokerImage follower(int position, int others) {
    int size = live.size();
    if (others >= size - 1) {
      return fenced.get((position + others) % fenced.size());
    }
    int leader = position % size;
    int distance = position / size % (size - 1);
    return live.get((leader + 1 + (distance + others) % (size - 1)) % size);
  }

  private static List<BrokerImage> alternatingRacks(Collection<BrokerImage> brokers) {
    SortedMap<String, List<BrokerImage>> byRack = new TreeMap<>();
    brokers.forEach(b -> byRack.computeIfAbsent(b.rack(), rack -> new ArrayList<>()).add(b));
    byRack.values().forEach(rack -> rack.sort(Comparator.comparingInt(BrokerImage::id)));
    List<BrokerImage> ring = new ArrayList<>(brokers.size());
    for (int i = 0; ring.size() < brokers.size(); i++) {
      for (List<BrokerImage> rack : byRack.values()) {
        if (i < rack.size()) {
          ring.add(rack.get(i));
        }
      }
    }
    return ring;
  }
}
