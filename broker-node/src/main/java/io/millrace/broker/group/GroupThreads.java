package io.millrace.broker.group;

import java.util.List;
import java.util.concurrent.Executor;

/**
 * The threads that coordinators run on, and those that read for them. Immutable.
 *
 * @param coordinators each one thread; a coordinator is confined to one of them
 * @param loaders for reading the log, which blocks
 */
public record GroupThreads(List<Executor> coordinators, Executor loaders) {
  public GroupThreads {
    coordinators = List.copyOf(coordinators);
  }

  /** The thread of a partition's coordinator. */
  Executor of(int partition) {
    return coordinators.get(partition % coordinators.size());
  }
}
