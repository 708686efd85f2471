package io.millrace.client.internal;

import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.ClusterDescription;
import io.millrace.client.api.MetadataEvent;
import io.millrace.client.api.MetadataEvent.ChangedTopic;
import io.millrace.client.api.MetadataEvent.Content;
import io.millrace.client.api.MetadataEvent.Kind;
import io.millrace.client.api.MetadataWatch;
import io.millrace.client.api.PartitionDescription;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.proto.v1.BrokerEndpoint;
import io.millrace.proto.v1.DeletedTopic;
import io.millrace.proto.v1.MetadataPiece;
import io.millrace.proto.v1.MetadataServiceGrpc;
import io.millrace.proto.v1.TopicMetadata;
import io.millrace.proto.v1.WatchMetadataRequest;
import io.millrace.proto.v1.WatchMetadataResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A watch over a server stream, a message in memory at a time. Confined to one thread. */
final class StreamedMetadata implements MetadataWatch {
  /** A broker tells at least that there is nothing; silence beyond it is a lost connection. */
  private static final int PROGRESS_MS = 5_000;

  private static final long SILENCE_MS = 3 * PROGRESS_MS;

  private final ClusterClient cluster;
  private final List<String> topics;
  private final Backoff backoff;
  private long revision;
  private Optional<Connection> connection = Optional.empty();

  /** A snapshot has begun, or is announced, and its end has not come: what was told is no state. */
  private boolean betweenSnapshotPieces;

  /** Whether a snapshot that begins now follows one that was never finished. */
  private boolean anew;

  /** The first piece of a snapshot, which is told after the resync before it. */
  private Optional<MetadataEvent> heldBack = Optional.empty();

  /** Which of the brokers is tried next. */
  private int turn;

  /** When the last message came, or the connection was begun. */
  private long lastHeardMs;

  /** Whether any broker was ever heard: from then on a refused connection is a restart. */
  private boolean everHeard;

  /** Since when nothing but failures came, if that is so. */
  private OptionalLong troubleSinceMs = OptionalLong.empty();

  private record Connection(
      BrokerAddress address, BlockingClientCall<?, WatchMetadataResponse> call) {}

  StreamedMetadata(ClusterClient cluster, Set<String> topics, long revision) {
    this.cluster = cluster;
    this.topics = topics.stream().sorted().toList();
    this.revision = revision;
    this.backoff = cluster.newBackoff();
    this.lastHeardMs = cluster.clock().monotonicMs();
  }

  @Override
  public long revision() {
    return revision;
  }

  @Override
  public Optional<MetadataEvent> poll(Duration atMost) {
    if (heldBack.isPresent()) {
      return taken(heldBack.get());
    }
    long deadline = cluster.clock().monotonicMs() + atMost.toMillis();
    while (true) {
      Connection open = connection.orElseGet(this::connect);
      connection = Optional.of(open);
      long now = cluster.clock().monotonicMs();
      long waitMs = Math.max(0, Math.min(deadline - now, lastHeardMs + SILENCE_MS - now));
      try {
        WatchMetadataResponse frame = open.call().read(waitMs, TimeUnit.MILLISECONDS);
        if (frame == null) {
          lost(open, new MillraceException(ErrorCode.UNAVAILABLE, open.address() + " has ended"));
        } else {
          return heard(frame);
        }
      } catch (TimeoutException e) {
        if (cluster.clock().monotonicMs() >= deadline) {
          return Optional.empty();
        }
        lost(open, new MillraceException(ErrorCode.UNAVAILABLE, open.address() + " is silent"));
      } catch (StatusException e) {
        lost(open, GrpcErrors.translate(e, open.address()));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new MillraceException(ErrorCode.UNAVAILABLE, "interrupted while following metadata");
      }
    }
  }

  private Connection connect() {
    List<BrokerAddress> addresses = cluster.candidates();
    BrokerAddress address = addresses.get(turn++ % addresses.size());
    cluster.channels().dialNow(address);
    WatchMetadataRequest request =
        WatchMetadataRequest.newBuilder()
            .addAllTopics(topics)
            .setRevision(betweenSnapshotPieces ? 0 : revision)
            .setProgressIntervalMs(PROGRESS_MS)
            .build();
    return new Connection(
        address,
        MetadataServiceGrpc.newBlockingV2Stub(cluster.channels().channel(address))
            .watchMetadata(request));
  }

  /** Goes on with another broker, unless that was tried for long enough. */
  private void lost(Connection lost, MillraceException why) {
    connection = Optional.empty();
    anew = betweenSnapshotPieces;
    lost.call().cancel("the watch goes on elsewhere", why);
    if (!why.code().retriable()) {
      throw why;
    }
    long since = troubleSinceMs.orElseGet(cluster.clock()::monotonicMs);
    boolean unreached = !everHeard && GrpcErrors.isConnectionFailure(why);
    ClientConfig config = cluster.config();
    long patience = config.requestTimeout().toMillis();
    if (unreached) {
      patience = Math.min(patience, config.bootstrapPatience().toMillis());
    }
    // Whoever tries again after the failure has all the time again.
    troubleSinceMs = OptionalLong.empty();
    cluster.pauseOrThrow(backoff.nextMs(), since + patience, why);
    troubleSinceMs = OptionalLong.of(since);
    lastHeardMs = cluster.clock().monotonicMs();
  }

  private Optional<MetadataEvent> heard(WatchMetadataResponse frame) {
    lastHeardMs = cluster.clock().monotonicMs();
    everHeard = true;
    troubleSinceMs = OptionalLong.empty();
    backoff.reset();
    MetadataEvent event = event(frame);
    if (anew && event.kind() == Kind.SNAPSHOT) {
      heldBack = Optional.of(event);
      return taken(
          new MetadataEvent(
              Kind.RESYNC,
              event.revision(),
              event.nodeId(),
              event.controllerId(),
              Content.NONE,
              false));
    }
    return taken(event);
  }

  private Optional<MetadataEvent> taken(MetadataEvent event) {
    if (event.kind() == Kind.SNAPSHOT) {
      heldBack = Optional.empty();
      betweenSnapshotPieces = !event.last();
      anew = false;
    } else if (event.kind() == Kind.RESYNC) {
      betweenSnapshotPieces = true;
      anew = false;
    }
    if (event.kind() == Kind.PROGRESS) {
      revision = Math.max(revision, event.revision());
    } else if (event.last()) {
      revision = event.revision();
    }
    return Optional.of(event);
  }

  private static MetadataEvent event(WatchMetadataResponse frame) {
    return switch (frame.getEventCase()) {
      case SNAPSHOT -> event(frame, Kind.SNAPSHOT, frame.getSnapshot());
      case CHANGES -> event(frame, Kind.CHANGES, frame.getChanges());
      case RESYNC -> event(frame, Kind.RESYNC, MetadataPiece.getDefaultInstance());
      case PROGRESS, EVENT_NOT_SET ->
          event(frame, Kind.PROGRESS, MetadataPiece.newBuilder().setLast(true).build());
    };
  }

  private static MetadataEvent event(WatchMetadataResponse frame, Kind kind, MetadataPiece piece) {
    return new MetadataEvent(
        kind,
        frame.getRevision(),
        frame.getNodeId(),
        frame.getControllerId(),
        new Content(
            piece.getBrokersList().stream().map(StreamedMetadata::broker).toList(),
            piece.getRemovedBrokerIdsList(),
            piece.getTopicsList().stream().map(StreamedMetadata::topic).toList(),
            piece.getDeletedTopicsList().stream().map(DeletedTopic::getName).toList()),
        piece.getLast());
  }

  private static ClusterDescription.Broker broker(BrokerEndpoint broker) {
    return new ClusterDescription.Broker(
        broker.getNodeId(), MetadataCache.address(broker), broker.getRack(), broker.getFenced());
  }

  private static ChangedTopic topic(TopicMetadata topic) {
    List<PartitionDescription> partitions =
        topic.getPartitionsList().stream().map(Descriptions::partition).toList();
    return topic.hasError()
        ? new ChangedTopic(
            topic.getName(),
            Optional.empty(),
            partitions,
            Optional.of(GrpcErrors.fromProto(topic.getError())))
        : new ChangedTopic(
            topic.getName(),
            Optional.of(Uuids.fromBytes(topic.getTopicId())),
            partitions,
            Optional.empty());
  }

  @Override
  public void close() {
    connection.ifPresent(open -> open.call().cancel("the watch is closed", null));
    connection = Optional.empty();
  }
}
