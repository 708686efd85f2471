package io.millrace.metadata.rpc;

import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.millrace.metadata.VoterAddress;
import io.millrace.metadata.image.CorruptSnapshotException;
import io.millrace.metadata.image.SnapshotCodec;
import io.millrace.metadata.observer.MetadataSource;
import io.millrace.proto.internal.v1.ControllerServiceGrpc;
import io.millrace.proto.internal.v1.ImagePiece;
import io.millrace.proto.internal.v1.QuorumStatus;
import io.millrace.proto.internal.v1.RequestContext;
import io.millrace.proto.internal.v1.WatchMetadataLogRequest;
import io.millrace.proto.internal.v1.WatchMetadataLogResponse;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The voters over gRPC, for a node that follows them. Thread-safe. */
public final class RemoteVoters implements MetadataSource {
  private static final Logger LOG = LoggerFactory.getLogger(RemoteVoters.class);

  private final String clusterId;
  private final int nodeId;
  private final NodeChannels channels;

  public RemoteVoters(String clusterId, int nodeId, NodeChannels channels) {
    this.clusterId = clusterId;
    this.nodeId = nodeId;
    this.channels = channels;
  }

  @Override
  public Watch watch(VoterAddress voter, long revision, Listener listener) {
    WatchMetadataLogRequest request =
        WatchMetadataLogRequest.newBuilder()
            .setContext(
                RequestContext.newBuilder().setClusterId(clusterId).setNodeId(nodeId).setHops(1))
            .setRevision(revision)
            .build();
    CancellableContext context = Context.ROOT.withCancellation();
    context.run(
        () ->
            ControllerServiceGrpc.newStub(channels.to(voter.internal()))
                .watchMetadataLog(request, new Frames(voter, listener)));
    return () -> context.cancel(null);
  }

  /** Reads a voter's frames. Confined to the call. */
  private static final class Frames implements StreamObserver<WatchMetadataLogResponse> {
    private final VoterAddress voter;
    private final MetadataSource.Listener listener;
    private final Deque<ByteBuffer> pieces = new ArrayDeque<>();

    Frames(VoterAddress voter, MetadataSource.Listener listener) {
      this.voter = voter;
      this.listener = listener;
    }

    @Override
    public void onNext(WatchMetadataLogResponse frame) {
      switch (frame.getFrameCase()) {
        case ENTRY -> listener.onEntry(frame.getEntry());
        case IMAGE_PIECE -> piece(frame.getImagePiece());
        case STATUS -> status(frame.getStatus());
        case FRAME_NOT_SET -> LOG.debug("[metadata] a frame of {} that is not known here", voter);
      }
    }

    private void status(QuorumStatus status) {
      listener.onStatus(
          status.getControllerId(),
          status.getVotersList().stream().map(VoterAddress::parse).toList());
    }

    private void piece(ImagePiece piece) {
      pieces.addLast(piece.getData().asReadOnlyByteBuffer());
      if (piece.getLast()) {
        try {
          listener.onImage(SnapshotCodec.decode(this::next).image());
        } catch (CorruptSnapshotException e) {
          throw Status.DATA_LOSS.withDescription(e.getMessage()).asRuntimeException();
        } finally {
          pieces.clear();
        }
      }
    }

    private ByteBuffer next(int bytes) {
      ByteBuffer read = ByteBuffer.allocate(bytes);
      while (read.hasRemaining() && !pieces.isEmpty()) {
        ByteBuffer piece = pieces.getFirst();
        int taken = Math.min(read.remaining(), piece.remaining());
        read.put(read.position(), piece, piece.position(), taken);
        read.position(read.position() + taken);
        piece.position(piece.position() + taken);
        if (!piece.hasRemaining()) {
          pieces.removeFirst();
        }
      }
      return read.flip();
    }

    @Override
    public void onError(Throwable thrown) {
      String why = Failures.text(thrown);
      LOG.info("[metadata] {} is not followed any more: {}", voter, why);
      listener.onEnd(voter + ": " + why);
    }

    @Override
    public void onCompleted() {
      listener.onEnd(voter + " ended the stream");
    }
  }
}
