package io.millrace.broker.group.core;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Swaps partitions between members so that more are read from a replica in the member's rack
 * (KIP-881): nobody has more or less after it. One use, then thrown away.
 */
final class RackSwaps {
  /** How many partners are tried for one partition, in each class of them. */
  private static final int TRIES = 64;

  private final AssignmentProblem problem;
  private final int[] owners;

  /** What may be swapped: by the owner's rack, and by the racks of the replicas. */
  private final Map<Integer, Map<BitSet, Set<Integer>>> movable = new HashMap<>();

  RackSwaps(AssignmentProblem problem, int[] owners) {
    this.problem = problem;
    this.owners = owners;
  }

  /** Swaps among these partitions; the owners that were given are changed. */
  void improve(IntStream partitions) {
    List<Integer> far = new ArrayList<>();
    partitions
        .filter(p -> owners[p] != AssignmentProblem.NONE && !problem.racks(p).isEmpty())
        .filter(p -> problem.rackOf(owners[p]) != AssignmentProblem.NONE)
        .forEach(
            p -> {
              add(p);
              if (problem.isFar(p, owners[p])) {
                far.add(p);
              }
            });
    for (int partition : far) {
      if (problem.isFar(partition, owners[partition])) {
        bringNear(partition);
      }
    }
  }

  private void bringNear(int partition) {
    int here = problem.rackOf(owners[partition]);
    BitSet near = problem.racks(partition);
    for (int there = near.nextSetBit(0); there >= 0; there = near.nextSetBit(there + 1)) {
      for (Set<Integer> partners : partners(here, there)) {
        for (int partner : partners.stream().limit(TRIES).toList()) {
          if (maySwap(partition, partner)) {
            swap(partition, partner);
            return;
          }
        }
      }
    }
  }

  /** What is in the other rack and loses nothing by the swap; first what gains by it, too. */
  private List<Set<Integer>> partners(int here, int there) {
    return movable.getOrDefault(there, Map.of()).entrySet().stream()
        .filter(racks -> racks.getKey().get(here) || !racks.getKey().get(there))
        .sorted(
            Comparator.comparing(racks -> !racks.getKey().get(here) || racks.getKey().get(there)))
        .map(Map.Entry::getValue)
        .toList();
  }

  private boolean maySwap(int one, int other) {
    return problem.isSubscribed(owners[one], problem.topicOf(other))
        && problem.isSubscribed(owners[other], problem.topicOf(one));
  }

  private void swap(int one, int other) {
    ofSameKind(one).remove(one);
    ofSameKind(other).remove(other);
    int owner = owners[one];
    owners[one] = owners[other];
    owners[other] = owner;
    add(one);
    add(other);
  }

  private void add(int partition) {
    ofSameKind(partition).add(partition);
  }

  private Set<Integer> ofSameKind(int partition) {
    return movable
        .computeIfAbsent(problem.rackOf(owners[partition]), rack -> new LinkedHashMap<>())
        .computeIfAbsent(problem.racks(partition), racks -> new LinkedHashSet<>());
  }
}
