package io.millrace.metadata;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Looks after the quorum's members. Thread-safe. */
public interface QuorumAdmin {
  /**
   * Carries out a request, one at a time: a second one while a change is under way is refused.
   *
   * @param timeout how long it may take; a new voter gets all entries first
   * @return always completes with a value; NOT_CONTROLLER if it must be asked of another node
   */
  CompletableFuture<QuorumAnswer> administer(QuorumRequest request, Duration timeout);
}
