package io.millrace.metadata.ratis;

import io.millrace.metadata.QuorumVoter;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.util.CodeInjectionForTesting;

/**
 * Holds the answers of a voter to the leader back until it is closed. Voters of other tests in this
 * process that have the same id are held up too.
 */
final class HeldAnswers implements AutoCloseable {
  private static final String ANSWER = "RaftServerImpl.appendEntries.logComplete";

  private final CompletableFuture<Void> held = new CompletableFuture<>();
  private final CompletableFuture<Void> released = new CompletableFuture<>();

  HeldAnswers(QuorumVoter voter) {
    String id = Peers.id(voter.address().nodeId(), voter.directoryId()).toString();
    CodeInjectionForTesting.put(
        ANSWER,
        (local, leader, arguments) -> {
          if (local.toString().equals(id)) {
            held.complete(null);
            released.join();
          }
          return true;
        });
  }

  /** Waits until one is held back. */
  void awaitFirst() {
    held.orTimeout(SeveralVoters.PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    CodeInjectionForTesting.remove(ANSWER);
    released.complete(null);
  }
}
