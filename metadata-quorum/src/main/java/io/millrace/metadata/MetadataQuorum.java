package io.millrace.metadata;

import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.image.MetadataImage;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * A node's part in the metadata quorum. Thread-safe.
 *
 * <p>{@code start} returns once the node takes part; {@link #health} tells when there is an active
 * controller. Commands may be submitted at once: they wait for it.
 */
public interface MetadataQuorum extends AutoCloseable {
  /**
   * Reads the log and takes part in the quorum.
   *
   * @throws MetadataStorageException if the stored metadata can't be used; says what to do
   */
  void start();

  /**
   * Asks the active controller to carry out a command.
   *
   * <p>The future always completes with a value, never exceptionally, and on the metadata thread:
   * what hangs on it must not block. By then {@link #image} shows the effect; listeners see it soon
   * after. Refusals of the quorum's own: REQUEST_TIMED_OUT (it was never begun, nothing changed),
   * OUTCOME_UNKNOWN (it was begun, and may or may not take effect), NOT_CONTROLLER (another node's
   * controller is active), THROTTLED (too many are waiting), UNAVAILABLE (closed or failed).
   *
   * @param timeout how long it may take in all
   */
  CompletableFuture<CommandResult> submit(Command command, Duration timeout);

  /** The newest image here. */
  MetadataImage image();

  /** Adds a listener for good; its first call comes soon, with all there is. */
  void subscribe(MetadataListener listener);

  /** Whether this node's controller is the active one, as far as it knows. */
  boolean isActiveController();

  /** How the quorum is, as this node sees it. */
  QuorumHealth health();

  /** Leaves the quorum; commands that wait are refused. Waits until all is closed. */
  @Override
  void close();
}
