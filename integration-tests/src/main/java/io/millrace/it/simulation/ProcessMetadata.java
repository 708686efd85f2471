package io.millrace.it.simulation;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.MetadataListener;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.QuorumHealth;
import io.millrace.metadata.QuorumHealth.State;
import io.millrace.metadata.SessionLink;
import io.millrace.metadata.SessionLinks;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.proto.internal.v1.MetadataEntry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A broker's part in the metadata quorum: follows the images some time behind, and asks the
 * controllers over a network that loses what it is cut for. Confined to the simulation's thread.
 */
final class ProcessMetadata implements MetadataQuorum, SessionLinks, MetadataFeed.Follower {
  private static final long LOOK_AGAIN_MS = 40;
  private static final long PATIENCE_MS = 400;

  private final ClusterProcess process;
  private final ClusterWorld world;
  private final List<MetadataListener> listeners = new ArrayList<>();
  private final Deque<News> news = new ArrayDeque<>();
  private MetadataImage image;
  private boolean delivering;

  private record News(MetadataImage image, MetadataDelta delta) {}

  /**
   * Begins to follow.
   *
   * @param known what the process finds on its disk
   */
  ProcessMetadata(ClusterProcess process, MetadataImage known) {
    this.process = process;
    this.world = process.world();
    this.image = known;
    MetadataImage newest = world.feed().newest();
    if (newest.revision() > known.revision()) {
      news.add(new News(newest, MetadataDelta.between(known, newest)));
      deliverLater();
    }
    world.feed().add(this);
  }

  @Override
  public void committed(MetadataEntry entry, MetadataImage after, MetadataDelta delta) {
    news.add(new News(after, delta));
    deliverLater();
  }

  private void deliverLater() {
    if (!delivering) {
      delivering = true;
      process.time().schedule(world.metadataDelayMs(), this::deliver);
    }
  }

  private void deliver() {
    delivering = false;
    if (!world.cuts().isOpen(Cuts.CONTROLLERS, process.id())) {
      delivering = true;
      process.time().schedule(LOOK_AGAIN_MS, this::deliver);
      return;
    }
    for (News next = news.poll(); next != null; next = news.poll()) {
      image = next.image();
      for (MetadataListener listener : listeners) {
        listener.onImage(next.image(), next.delta());
      }
    }
  }

  @Override
  public void start() {}

  @Override
  public MetadataImage image() {
    return image;
  }

  @Override
  public void subscribe(MetadataListener listener) {
    listeners.add(listener);
    if (image.revision() > 0) {
      listener.onImage(image, MetadataDelta.between(MetadataImage.EMPTY, image));
    }
  }

  @Override
  public boolean isActiveController() {
    return false;
  }

  @Override
  public QuorumHealth health() {
    int controller = world.activeController().map(ControllerNode::id).orElse(0);
    State state = controller == 0 ? State.NO_CONTROLLER : State.FOLLOWING;
    return new QuorumHealth(
        state, controller, image.controller().epoch(), image.revision(), "simulated");
  }

  @Override
  public CompletableFuture<CommandResult> submit(Command command, Duration timeout) {
    CompletableFuture<CommandResult> answer = new CompletableFuture<>();
    Optional<ControllerNode> controller = world.activeController();
    controller.ifPresent(node -> ask(node, command, answer));
    process
        .time()
        .schedule(
            Math.min(PATIENCE_MS, timeout.toMillis()),
            () ->
                answer.complete(
                    new Refused(
                        new MillraceError(ErrorCode.OUTCOME_UNKNOWN, "no answer came in time"))));
    return answer;
  }

  @Override
  public SessionLink open(int nodeId) {
    return new SessionLink() {
      @Override
      public CompletableFuture<CommandResult> ask(Command command, Duration timeout) {
        CompletableFuture<CommandResult> answer = new CompletableFuture<>();
        world.controller(nodeId).ifPresent(node -> ProcessMetadata.this.ask(node, command, answer));
        return answer;
      }

      @Override
      public void close() {}
    };
  }

  private void ask(ControllerNode node, Command command, CompletableFuture<CommandResult> answer) {
    world.commands().ask(process, node, command, answer::complete);
  }

  @Override
  public void close() {
    world.feed().remove(this);
  }
}
