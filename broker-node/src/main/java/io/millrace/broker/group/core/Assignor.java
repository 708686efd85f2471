package io.millrace.broker.group.core;

import io.millrace.common.TopicIdPartition;
import java.util.Map;
import java.util.SortedSet;

/** A way to share partitions among members: the same problem, the same solution. Stateless. */
interface Assignor {
  /** What members call it. */
  String name();

  /** The owner of each partition, all by their numbers in the problem. */
  int[] owners(AssignmentProblem problem);

  /** What each member is to own; nobody is left out. */
  default Map<String, SortedSet<TopicIdPartition>> assign(AssignmentProblem problem) {
    return problem.targets(owners(problem));
  }
}
