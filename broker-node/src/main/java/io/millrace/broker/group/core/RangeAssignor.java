package io.millrace.broker.group.core;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Each topic of its own is cut into ranges, one for each of its members in their order; the first
 * ones get one more where it does not come out even. So members that read topics of the same size
 * get the same numbers of each. Where members and replicas have racks, partitions of a topic are
 * then swapped to be near. Stateless.
 */
final class RangeAssignor implements Assignor {
  @Override
  public String name() {
    return "range";
  }

  @Override
  public int[] owners(AssignmentProblem problem) {
    int[] owners = new int[problem.partitions()];
    Arrays.fill(owners, AssignmentProblem.NONE);
    for (int topic = 0; topic < problem.topics(); topic++) {
      int[] members = problem.subscribers(topic);
      int count = problem.partitionCount(topic);
      int next = problem.firstPartition(topic);
      for (int i = 0; i < members.length; i++) {
        int share = count / members.length + (i < count % members.length ? 1 : 0);
        Arrays.fill(owners, next, next + share, members[i]);
        next += share;
      }
      int first = problem.firstPartition(topic);
      new RackSwaps(problem, owners).improve(IntStream.range(first, first + count));
    }
    return owners;
  }
}
