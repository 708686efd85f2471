package io.millrace.metadata;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Has the quorum looked after by the node whose controller is active. Thread-safe. */
public final class ForwardingQuorumAdmin implements QuorumAdmin {
  private final QuorumAdmin local;
  private final Supplier<QuorumHealth> health;
  private final Remote others;

  /** The other nodes. */
  public interface Remote {
    /** Asks a node whose controller is active; always completes with a value. */
    CompletableFuture<QuorumAnswer> administer(int nodeId, QuorumRequest request, Duration timeout);
  }

  /**
   * Puts the others beside the local part.
   *
   * @param health how the quorum is, as this node sees it
   */
  public ForwardingQuorumAdmin(QuorumAdmin local, Supplier<QuorumHealth> health, Remote others) {
    this.local = local;
    this.health = health;
    this.others = others;
  }

  @Override
  public CompletableFuture<QuorumAnswer> administer(QuorumRequest request, Duration timeout) {
    QuorumHealth now = health.get();
    return switch (now.state()) {
      case ACTIVE -> local.administer(request, timeout);
      case FOLLOWING -> others.administer(now.controllerId(), request, timeout);
      case STARTING, NO_CONTROLLER, FAILED, CLOSED ->
          CompletableFuture.completedFuture(
              new QuorumAnswer.Refused(
                  new MillraceError(
                      ErrorCode.UNAVAILABLE, now.detail() + "; nothing was changed")));
    };
  }

  /** Carries out a request that another node has passed on, if this node's controller is active. */
  public CompletableFuture<QuorumAnswer> passedOn(QuorumRequest request, Duration timeout) {
    return local.administer(request, timeout);
  }
}
