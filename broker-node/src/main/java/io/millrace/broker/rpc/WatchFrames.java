package io.millrace.broker.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.metadata.ChangeHistory;
import io.millrace.metadata.ChangeHistory.Changes;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.proto.v1.MetadataProgress;
import io.millrace.proto.v1.MetadataResync;
import io.millrace.proto.v1.WatchMetadataResponse;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The frames of one WatchMetadata. Holds an image while its pieces are sent, and nothing else but
 * where it is. Confined to its stream, but for {@link #progressIsDue}.
 */
final class WatchFrames implements PacedStream.Messages<WatchMetadataResponse> {
  private final NodeInfo node;
  private final ChangeHistory history;
  private final Set<String> names;
  private final Function<String, Optional<MillraceError>> refusal;

  /** What is being sent. */
  private Optional<WatchPieces> pieces = Optional.empty();

  /** Everything up to it was sent, or did not matter. */
  private long revision;

  private int controllerTold = -1;
  private volatile boolean progressDue;
  private Runnable atEnd = () -> {};

  /**
   * Begins.
   *
   * @param names the topics, or none for all
   * @param refusal why a topic may not be told
   * @param revision what the client has, or 0
   */
  WatchFrames(
      NodeInfo node,
      ChangeHistory history,
      Set<String> names,
      Function<String, Optional<MillraceError>> refusal,
      long revision) {
    this.node = node;
    this.history = history;
    this.names = Set.copyOf(names);
    this.refusal = refusal;
    this.revision = revision;
    // Who goes on hears at once that he is up to date, and who the controller is.
    this.progressDue = revision != 0;
  }

  /** What is to be done when the stream has ended; to be called before it starts. */
  void atEnd(Runnable task) {
    atEnd = task;
  }

  /** The next frame may be one without news. */
  void progressIsDue() {
    progressDue = true;
  }

  @Override
  public Optional<WatchMetadataResponse> next() {
    if (pieces.isEmpty()) {
      MetadataImage newest = history.image();
      Optional<Changes> changes = history.since(revision, this::matters);
      if (newest.revision() < revision || newest.revision() == 0) {
        return progress(newest.revision(), newest);
      }
      if (revision == 0 || changes.isEmpty()) {
        boolean resync = revision != 0;
        pieces = Optional.of(snapshot(newest));
        if (resync) {
          return Optional.of(resync(newest));
        }
      } else if (isNews(changes.get())) {
        pieces = changes.map(WatchPieces::changes);
      } else {
        revision = changes.get().image().revision();
        return progress(revision, changes.get().image());
      }
    }
    return pieces.map(this::piece);
  }

  private boolean isNews(Changes changes) {
    return !changes.topics().isEmpty()
        || !changes.brokers().isEmpty()
        || (controllerTold >= 0 && changes.image().controller().nodeId() != controllerTold);
  }

  private boolean matters(String name) {
    return (names.isEmpty() || names.contains(name)) && refusal.apply(name).isEmpty();
  }

  private WatchPieces snapshot(MetadataImage image) {
    return WatchPieces.snapshot(
        image,
        names.isEmpty()
            ? image.topics().idsByName().keySet().stream().filter(this::matters)
            : names.stream().sorted(),
        refusal);
  }

  private WatchMetadataResponse piece(WatchPieces from) {
    WatchMetadataResponse.Builder frame = frame(from.image().revision(), from.image());
    if (from.isSnapshot()) {
      frame.setSnapshot(from.next());
    } else {
      frame.setChanges(from.next());
    }
    if (from.done()) {
      revision = from.image().revision();
      pieces = Optional.empty();
    }
    return frame.build();
  }

  private WatchMetadataResponse resync(MetadataImage newest) {
    return frame(newest.revision(), newest)
        .setResync(MetadataResync.newBuilder().setOldestRevision(history.oldest()))
        .build();
  }

  private Optional<WatchMetadataResponse> progress(long at, MetadataImage image) {
    if (!progressDue) {
      return Optional.empty();
    }
    return Optional.of(frame(at, image).setProgress(MetadataProgress.getDefaultInstance()).build());
  }

  private WatchMetadataResponse.Builder frame(long at, MetadataImage image) {
    progressDue = false;
    controllerTold = image.controller().nodeId();
    return WatchMetadataResponse.newBuilder()
        .setClusterId(node.clusterId())
        .setNodeId(node.nodeId())
        .setRevision(at)
        .setControllerId(controllerTold);
  }

  @Override
  public boolean complete() {
    return false;
  }

  @Override
  public String whereToGoOn() {
    return "; open it again with the last revision that was complete";
  }

  @Override
  public void ended() {
    atEnd.run();
  }

  /** Refuses what is no request. */
  static void check(int topics, long revision) {
    if (topics > 1_000) {
      throw new MillraceException(
          ErrorCode.INVALID_REQUEST, "topics: " + topics + " names (expected: [0, 1000])");
    }
    Requests.notNegative("revision", revision);
  }
}
