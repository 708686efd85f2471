package io.millrace.broker.group.core;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * All partitions in their order are dealt out to the members in their order, past those that do not
 * subscribe to the topic. Where members and replicas have racks, partitions are then swapped to be
 * near. Stateless.
 */
final class RoundRobinAssignor implements Assignor {
  @Override
  public String name() {
    return "round-robin";
  }

  @Override
  public int[] owners(AssignmentProblem problem) {
    int[] owners = new int[problem.partitions()];
    Arrays.fill(owners, AssignmentProblem.NONE);
    int next = 0;
    for (int partition = 0; partition < owners.length; partition++) {
      int topic = problem.topicOf(partition);
      if (problem.subscribers(topic).length > 0) {
        while (!problem.isSubscribed(next, topic)) {
          next = (next + 1) % problem.members();
        }
        owners[partition] = next;
        next = (next + 1) % problem.members();
      }
    }
    new RackSwaps(problem, owners).improve(IntStream.range(0, owners.length));
    return owners;
  }
}
