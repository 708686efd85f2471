package io.millrace.client.api;

import io.millrace.common.TopicPartition;
import java.util.List;

/**
 * Where a partition's replicas are, and where they go.
 *
 * @param partition the partition
 * @param replicas all replicas: those that stay, those that come and those that go
 * @param adding those that come
 * @param removing those that go when all that come are in sync
 */
public record ReassignmentDescription(
    TopicPartition partition,
    List<Integer> replicas,
    List<Integer> adding,
    List<Integer> removing) {
  public ReassignmentDescription {
    replicas = List.copyOf(replicas);
    adding = List.copyOf(adding);
    removing = List.copyOf(removing);
  }

  /** Whether something is to come or to go yet. */
  public boolean underWay() {
    return !adding.isEmpty() || !removing.isEmpty();
  }
}
