package io.millrace.broker.group.core;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sticky: everybody keeps what it has; what nobody has goes to those who have least; then as few
 * partitions as possible move until no one has more than one above another who could take it. What
 * moves anyway is chosen, and swapped, to be near the member's rack. Stateless.
 */
final class UniformAssignor implements Assignor {
  @Override
  public String name() {
    return "uniform";
  }

  @Override
  public int[] owners(AssignmentProblem problem) {
    int[] present = problem.present();
    int[] owners = present.clone();
    fill(problem, owners);
    new BalancingMoves(problem, present, owners).balance();
    new RackSwaps(problem, owners)
        .improve(IntStream.range(0, owners.length).filter(p -> owners[p] != present[p]));
    return owners;
  }

  /** Those that few members may have come first. */
  private static void fill(AssignmentProblem problem, int[] owners) {
    int[] loads = new int[problem.members()];
    for (int owner : owners) {
      if (owner != AssignmentProblem.NONE) {
        loads[owner]++;
      }
    }
    List<Integer> free =
        IntStream.range(0, owners.length)
            .filter(p -> owners[p] == AssignmentProblem.NONE)
            .boxed()
            .sorted(Comparator.comparingInt(p -> problem.subscribers(problem.topicOf(p)).length))
            .toList();
    for (int partition : free) {
      int chosen = leastLoaded(problem, partition, loads);
      if (chosen != AssignmentProblem.NONE) {
        owners[partition] = chosen;
        loads[chosen]++;
      }
    }
  }

  private static int leastLoaded(AssignmentProblem problem, int partition, int[] loads) {
    int best = AssignmentProblem.NONE;
    for (int member : problem.subscribers(problem.topicOf(partition))) {
      boolean better =
          best == AssignmentProblem.NONE
              || loads[member] < loads[best]
              || (loads[member] == loads[best]
                  && problem.isFar(partition, best)
                  && !problem.isFar(partition, member));
      best = better ? member : best;
    }
    return best;
  }
}
