package io.millrace.metadata.ratis;

import io.millrace.common.fault.FaultHandler;
import io.millrace.common.file.FileStore;
import io.millrace.common.time.Clock;
import io.millrace.metadata.EntryFeed;
import io.millrace.metadata.MetadataListener;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.MetadataThread;
import io.millrace.metadata.QuorumAdmin;
import io.millrace.metadata.QuorumHealth;
import io.millrace.metadata.QuorumRuntime;
import io.millrace.metadata.QuorumSettings;
import io.millrace.metadata.QuorumVoter;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.Controller;
import io.millrace.metadata.controller.ControllerSettings;
import io.millrace.metadata.image.MetadataImage;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A node's part in a metadata quorum on Ratis, with its threads: one for the controller, one for
 * the listeners, one for snapshots, and Ratis's own. Thread-safe.
 */
public final class RatisMetadataQuorum implements MetadataQuorum {
  private final MetadataThread controllerThread = new MetadataThread("metadata-controller");
  private final MetadataThread listenerThread = new MetadataThread("metadata-listener");
  private final RatisMetadataLog log;
  private final QuorumRuntime runtime;

  /**
   * A quorum that is not started. Its directory was formatted before: {@link
   * MetadataStorage#format}.
   *
   * @param topicIds draws the ids of new topics
   * @param faults told when the log fails or can't be replayed: the process must end
   */
  public RatisMetadataQuorum(
      RatisSettings settings,
      ControllerSettings controller,
      Supplier<UUID> topicIds,
      FileStore store,
      Clock clock,
      FaultHandler faults) {
    log = new RatisMetadataLog(settings, store, faults, controllerThread);
    runtime =
        new QuorumRuntime(
            QuorumSettings.forNode(settings.nodeId()),
            new Controller(controller, topicIds),
            log,
            clock,
            controllerThread,
            listenerThread,
            faults);
  }

  @Override
  public void start() {
    runtime.start();
  }

  @Override
  public CompletableFuture<CommandResult> submit(Command command, Duration timeout) {
    return runtime.submit(command, timeout);
  }

  @Override
  public MetadataImage image() {
    return runtime.image();
  }

  @Override
  public void subscribe(MetadataListener listener) {
    runtime.subscribe(listener);
  }

  @Override
  public boolean isActiveController() {
    return runtime.isActiveController();
  }

  @Override
  public QuorumHealth health() {
    return runtime.health();
  }

  /** The voters as the quorum has them; empty before the start, and of a voter that is alone. */
  public List<QuorumVoter> voters() {
    return log.voters();
  }

  /** The latest entries, for nodes that are not voters. */
  public EntryFeed feed() {
    return runtime.feed();
  }

  /** Looks after the members, while this node leads. */
  public QuorumAdmin admin() {
    return log.admin();
  }

  @Override
  public void close() {
    runtime.close();
    controllerThread.close();
    listenerThread.close();
  }
}
