package io.millrace.broker.group.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Moves partitions until no member can give one away, over others if need be, to a member that has
 * at least two less: then, whatever the subscriptions, the loads are as even as they can be (an
 * optimal semi-matching; Harvey et al., 2006). Each move along the shortest way. One use, then
 * thrown away.
 */
final class BalancingMoves {
  private final AssignmentProblem problem;
  private final int[] present;
  private final int[] owners;
  private final int[] loads;

  /** What each member has, by topic; no topic without any. */
  private final List<SortedMap<Integer, SortedSet<Integer>>> held = new ArrayList<>();

  /** From whom, and of which topic, a member would get a partition in the search under way. */
  private final int[] giver;

  private final int[] topicGiven;

  BalancingMoves(AssignmentProblem problem, int[] present, int[] owners) {
    this.problem = problem;
    this.present = present;
    this.owners = owners;
    this.loads = new int[problem.members()];
    this.giver = new int[problem.members()];
    this.topicGiven = new int[problem.members()];
    for (int member = 0; member < problem.members(); member++) {
      held.add(new TreeMap<>());
    }
    for (int partition = 0; partition < owners.length; partition++) {
      if (owners[partition] != AssignmentProblem.NONE) {
        take(owners[partition], partition);
      }
    }
  }

  /** Moves what must move; the owners that were given are changed. */
  void balance() {
    boolean moved = true;
    while (moved) {
      // What moves may open a way for those that had none.
      moved = relieveEach();
    }
  }

  /** Always takes from who has most: so nobody gives what it has to be given back. */
  private boolean relieveEach() {
    boolean moved = false;
    boolean[] stuck = new boolean[problem.members()];
    int most = mostLoaded(stuck);
    while (most != AssignmentProblem.NONE) {
      if (relieve(most)) {
        moved = true;
      } else {
        stuck[most] = true;
      }
      most = mostLoaded(stuck);
    }
    return moved;
  }

  /** Who has most of those that are not stuck, if that is too much beside who has least. */
  private int mostLoaded(boolean[] stuck) {
    int least = Arrays.stream(loads).min().orElse(0);
    int most = AssignmentProblem.NONE;
    for (int member = 0; member < loads.length; member++) {
      boolean more = most == AssignmentProblem.NONE || loads[member] > loads[most];
      if (!stuck[member] && loads[member] >= least + 2 && more) {
        most = member;
      }
    }
    return most;
  }

  /** Takes one partition from a member, if that evens out anything. */
  private boolean relieve(int member) {
    int taker = search(member);
    if (taker == AssignmentProblem.NONE) {
      return false;
    }
    for (int to = taker; to != member; to = giver[to]) {
      move(giver[to], to, topicGiven[to]);
    }
    return true;
  }

  /** The nearest member that has at least two less; among these the one that has least. */
  private int search(int from) {
    Arrays.fill(giver, AssignmentProblem.NONE);
    boolean[] topicsSeen = new boolean[problem.topics()];
    giver[from] = from;
    Deque<Integer> level = new ArrayDeque<>(List.of(from));
    while (!level.isEmpty()) {
      Deque<Integer> next = new ArrayDeque<>();
      int best = AssignmentProblem.NONE;
      for (int member : level) {
        for (int topic : held.get(member).keySet()) {
          if (!topicsSeen[topic]) {
            topicsSeen[topic] = true;
            best = reach(member, topic, next, best);
          }
        }
      }
      if (best != AssignmentProblem.NONE && loads[best] <= loads[from] - 2) {
        return best;
      }
      level = next;
    }
    return AssignmentProblem.NONE;
  }

  private int reach(int from, int topic, Deque<Integer> next, int bestSoFar) {
    int best = bestSoFar;
    for (int member : problem.subscribers(topic)) {
      if (giver[member] == AssignmentProblem.NONE) {
        giver[member] = from;
        topicGiven[member] = topic;
        next.add(member);
        if (best == AssignmentProblem.NONE || loads[member] < loads[best]) {
          best = member;
        }
      }
    }
    return best;
  }

  private void move(int from, int to, int topic) {
    int chosen = AssignmentProblem.NONE;
    int chosenCost = Integer.MAX_VALUE;
    for (int partition : held.get(from).getOrDefault(topic, new TreeSet<>())) {
      int cost = cost(partition, from, to);
      if (cost < chosenCost) {
        chosen = partition;
        chosenCost = cost;
      }
    }
    release(from, chosen);
    take(to, chosen);
    owners[chosen] = to;
  }

  /** First what moves anyway, or goes home; then what is far from here; then what is near there. */
  private int cost(int partition, int from, int to) {
    int fromHome = present[partition] == from ? 4 : present[partition] == to ? -4 : 0;
    int nearHere = problem.isFar(partition, from) ? 0 : 1;
    int farThere = problem.isFar(partition, to) ? 2 : 0;
    return fromHome + farThere + nearHere;
  }

  private void take(int member, int partition) {
    held.get(member)
        .computeIfAbsent(problem.topicOf(partition), topic -> new TreeSet<>())
        .add(partition);
    loads[member]++;
  }

  private void release(int member, int partition) {
    int topic = problem.topicOf(partition);
    SortedSet<Integer> ofTopic = held.get(member).getOrDefault(topic, new TreeSet<>());
    ofTopic.remove(partition);
    if (ofTopic.isEmpty()) {
      held.get(member).remove(topic);
    }
    loads[member]--;
  }
}
