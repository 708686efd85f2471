package io.millrace.broker.replica;

import io.millrace.common.TopicIdPartition;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** Tells the controller in which log directories this broker's replicas lie. */
@FunctionalInterface
public interface DirectoryAssignments {
  /**
   * Asks for the assignment to be committed. Asked again, later, until the metadata shows it.
   *
   * @param directories the directory id of each replica
   * @return completes when the controller has answered, well or not; may fail
   */
  CompletableFuture<?> assign(Map<TopicIdPartition, UUID> directories);
}
