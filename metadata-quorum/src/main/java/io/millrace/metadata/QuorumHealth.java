package io.millrace.metadata;

/**
 * How the quorum is, as this node sees it.
 *
 * @param state what this node is doing
 * @param controllerId the node whose controller is active, as far as this node knows, or 0
 * @param controllerEpoch the epoch of the last controller that is known here, or 0
 * @param revision the image's revision here
 * @param detail one sentence for a person
 */
public record QuorumHealth(
    State state, int controllerId, long controllerEpoch, long revision, String detail) {
  /** What a node is doing in the quorum. */
  public enum State {
    /** Not started, or its log is being read. */
    STARTING,
    /** There is no leader, as far as this node knows. */
    NO_CONTROLLER,
    /** This node's controller is active. */
    ACTIVE,
    /** Another node's controller is active, and this one follows. */
    FOLLOWING,
    /** The log failed here; the node must be restarted. */
    FAILED,
    /** Closed. */
    CLOSED
  }

  /** Whether commands are carried out or forwarded, and the image moves. */
  public boolean ready() {
    return state == State.ACTIVE || state == State.FOLLOWING;
  }
}
