package io.millrace.metadata.rpc;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.ServerCallStreamObserver;
import io.millrace.common.time.Scheduler;
import io.millrace.metadata.EntryFeed;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.SnapshotCodec;
import io.millrace.metadata.image.SnapshotCodec.Snapshot;
import io.millrace.proto.internal.v1.ImagePiece;
import io.millrace.proto.internal.v1.MetadataEntry;
import io.millrace.proto.internal.v1.QuorumStatus;
import io.millrace.proto.internal.v1.WatchMetadataLogResponse;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One node that follows the metadata. Sends only while the node reads; what it has not read is not
 * kept for it, but found again in the feed, or replaced by the whole image. Confined to the
 * scheduler's one thread, but for the handlers, which only wake it.
 */
final class WatchSession {
  private static final long STATUS_MS = 1_000;
  private static final int ENTRIES_AT_A_TIME = 64;

  private final ServerCallStreamObserver<WatchMetadataLogResponse> call;
  private final EntryFeed feed;
  private final String clusterId;
  private final Supplier<QuorumStatus> status;
  private final Scheduler scheduler;
  private final Runnable unwatch;

  /** The rest of an image that is being sent. */
  private final Deque<ByteBuffer> pieces = new ArrayDeque<>();

  /** What the node has when it has read everything that was sent, {@link #pieces} included. */
  private long revision;

  private volatile boolean ended;

  WatchSession(
      ServerCallStreamObserver<WatchMetadataLogResponse> call,
      EntryFeed feed,
      String clusterId,
      Supplier<QuorumStatus> status,
      Scheduler scheduler,
      long revision) {
    this.call = call;
    this.feed = feed;
    this.clusterId = clusterId;
    this.status = status;
    this.scheduler = scheduler;
    this.revision = revision;
    this.unwatch = feed.watch(this::wake);
  }

  /** Begins to send; called by the handler itself. */
  void begin() {
    call.setOnCancelHandler(this::end);
    call.setOnReadyHandler(this::wake);
    scheduler.schedule(0, this::tick);
  }

  private void wake() {
    scheduler.schedule(0, this::pump);
  }

  private void end() {
    ended = true;
    unwatch.run();
  }

  private void tick() {
    if (!ended) {
      if (call.isReady()) {
        call.onNext(WatchMetadataLogResponse.newBuilder().setStatus(status.get()).build());
      }
      pump();
      scheduler.schedule(STATUS_MS, this::tick);
    }
  }

  private void pump() {
    while (!ended && call.isReady() && next()) {
      // One frame after the other.
    }
  }

  /** Sends something; false if there is nothing. */
  private boolean next() {
    if (!pieces.isEmpty()) {
      sendPiece();
      return true;
    }
    Optional<List<MetadataEntry>> entries = feed.after(revision, ENTRIES_AT_A_TIME);
    if (feed.image().revision() < revision) {
      return false; // This voter is behind the node.
    }
    if (entries.isEmpty()) {
      beginImage();
      return true;
    }
    for (MetadataEntry entry : entries.get()) {
      call.onNext(WatchMetadataLogResponse.newBuilder().setEntry(entry).build());
      revision++;
    }
    return !entries.get().isEmpty();
  }

  private void beginImage() {
    MetadataImage image = feed.image();
    SnapshotCodec.encode(new Snapshot(clusterId, image), pieces::addLast);
    revision = image.revision();
  }

  private void sendPiece() {
    ByteBuffer piece = pieces.removeFirst();
    call.onNext(
        WatchMetadataLogResponse.newBuilder()
            .setImagePiece(
                ImagePiece.newBuilder()
                    .setData(UnsafeByteOperations.unsafeWrap(piece))
                    .setLast(pieces.isEmpty()))
            .build());
  }
}
