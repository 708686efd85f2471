package io.millrace.broker.rpc;

import com.google.protobuf.ByteString;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.group.CoordinatorLookup.Coordinator;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.record.Compression;
import io.millrace.common.time.Scheduler.Cancellable;
import io.millrace.metadata.ChangeHistory;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.FindCoordinatorRequest;
import io.millrace.proto.v1.FindCoordinatorResponse;
import io.millrace.proto.v1.GetMetadataRequest;
import io.millrace.proto.v1.GetMetadataResponse;
import io.millrace.proto.v1.GetServerInfoRequest;
import io.millrace.proto.v1.GetServerInfoResponse;
import io.millrace.proto.v1.MetadataServiceGrpc;
import io.millrace.proto.v1.TopicMetadata;
import io.millrace.proto.v1.WatchMetadataRequest;
import io.millrace.proto.v1.WatchMetadataResponse;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Answers from the node's own image. Thread-safe. */
final class MetadataEndpoint extends MetadataServiceGrpc.MetadataServiceImplBase {
  private static final int MIN_PROGRESS_MS = 1_000;
  private static final int USUAL_PROGRESS_MS = 10_000;
  private static final int MAX_PROGRESS_MS = 600_000;

  private final NodeInfo node;
  private final Supplier<MetadataImage> image;
  private final Authorizer authorizer;
  private final ChangeHistory history;
  private final PacedStream.Deps streams;
  private final Coordinators coordinators;

  /** Finds the coordinators of groups. */
  interface Coordinators {
    /** The coordinator of a group; fails with COORDINATOR_NOT_AVAILABLE while there is none. */
    CompletableFuture<Coordinator> find(String groupId);
  }

  /**
   * Makes it.
   *
   * @param history what has changed lately
   * @param streams what the streams that follow it have in common
   */
  MetadataEndpoint(
      NodeInfo node,
      Supplier<MetadataImage> image,
      Authorizer authorizer,
      Coordinators coordinators,
      ChangeHistory history,
      PacedStream.Deps streams) {
    this.coordinators = coordinators;
    this.node = node;
    this.image = image;
    this.authorizer = authorizer;
    this.history = history;
    this.streams = streams;
  }

  @Override
  public void watchMetadata(
      WatchMetadataRequest request, StreamObserver<WatchMetadataResponse> call) {
    RequestContext context = RequestContext.current();
    authorizer.check(context, Operation.DESCRIBE, "");
    WatchFrames.check(request.getTopicsCount(), request.getRevision());
    int intervalMs = progressMs(request.getProgressIntervalMs());
    WatchFrames frames =
        new WatchFrames(
            node,
            history,
            Set.copyOf(request.getTopicsList()),
            topic -> refusal(context, topic),
            request.getRevision());
    PacedStream<WatchMetadataResponse> stream =
        new PacedStream<>(streams, (ServerCallStreamObserver<WatchMetadataResponse>) call, frames);
    new ProgressTimer(frames, stream, intervalMs).start();
  }

  private static int progressMs(int asked) {
    if (asked != 0 && (asked < MIN_PROGRESS_MS || asked > MAX_PROGRESS_MS)) {
      throw Requests.invalid(
          "progress_interval_ms: "
              + asked
              + " (expected: 0, or in ["
              + MIN_PROGRESS_MS
              + ", "
              + MAX_PROGRESS_MS
              + "])");
    }
    return asked == 0 ? USUAL_PROGRESS_MS : asked;
  }

  /** Wakes a stream on changes, and from time to time. */
  private final class ProgressTimer {
    private final WatchFrames frames;
    private final PacedStream<WatchMetadataResponse> stream;
    private final int intervalMs;
    private volatile boolean stopped;
    private volatile Cancellable timer = () -> {};

    ProgressTimer(WatchFrames frames, PacedStream<WatchMetadataResponse> stream, int intervalMs) {
      this.frames = frames;
      this.stream = stream;
      this.intervalMs = intervalMs;
    }

    void start() {
      Runnable unwatch = history.watch(stream::wake);
      frames.atEnd(
          () -> {
            stopped = true;
            timer.cancel();
            unwatch.run();
          });
      try {
        stream.start();
      } catch (MillraceException refused) {
        unwatch.run();
        throw refused;
      }
      tick();
    }

    private void tick() {
      if (!stopped) {
        timer =
            streams
                .scheduler()
                .schedule(
                    intervalMs,
                    () -> {
                      frames.progressIsDue();
                      stream.wake();
                      tick();
                    });
      }
    }
  }

  @Override
  public void findCoordinator(
      FindCoordinatorRequest request, StreamObserver<FindCoordinatorResponse> call) {
    authorizer.check(RequestContext.current(), Operation.DESCRIBE, "");
    String groupId = GroupIds.require(request.getGroupId());
    Replies.when(call, coordinators.find(groupId).thenApply(MetadataEndpoint::coordinator));
  }

  private static FindCoordinatorResponse coordinator(Coordinator found) {
    return FindCoordinatorResponse.newBuilder()
        .setCoordinator(TopicViews.endpoint(found.broker()))
        .setPartition(found.partition())
        .setLeaderEpoch(found.leaderEpoch())
        .build();
  }

  @Override
  public void getServerInfo(
      GetServerInfoRequest request, StreamObserver<GetServerInfoResponse> call) {
    authorizer.check(RequestContext.current(), Operation.DESCRIBE, "");
    GetServerInfoResponse.Builder answer =
        GetServerInfoResponse.newBuilder()
            .setVersion(node.version())
            .setClusterId(node.clusterId())
            .setNodeId(node.nodeId())
            .setMaxMessageBytes(node.maxMessageBytes())
            .setProducerBatchesRemembered(node.producerBatchesRemembered());
    for (Compression codec : Compression.values()) {
      answer.addCodecs(codec.codecName());
    }
    Replies.now(call, answer.build());
  }

  @Override
  public void getMetadata(GetMetadataRequest request, StreamObserver<GetMetadataResponse> call) {
    MetadataImage newest = image.get();
    GetMetadataResponse.Builder answer =
        GetMetadataResponse.newBuilder()
            .setClusterId(node.clusterId())
            .setRevision(newest.revision())
            .setControllerId(newest.controller().nodeId());
    newest.brokers().values().forEach(broker -> answer.addBrokers(TopicViews.endpoint(broker)));
    if (request.getTopicsCount() == 0 && request.getTopicIdsCount() == 0) {
      for (String name : newest.topics().idsByName().keySet()) {
        if (refusal(name).isEmpty()) {
          answer.addTopics(byName(newest, name));
        }
      }
    }
    request.getTopicsList().forEach(name -> answer.addTopics(byName(newest, name)));
    request.getTopicIdsList().forEach(id -> answer.addTopics(byId(newest, id)));
    Replies.now(call, answer.build());
  }

  private TopicMetadata byName(MetadataImage newest, String name) {
    Optional<MillraceError> refusal = refusal(name);
    Optional<TopicImage> topic = newest.topic(name);
    if (refusal.isEmpty() && topic.isPresent()) {
      return TopicViews.metadata(newest, topic.get());
    }
    MillraceError error = refusal.orElseGet(() -> TopicViews.unknownTopic(name));
    return TopicMetadata.newBuilder().setName(name).setError(RpcErrors.toProto(error)).build();
  }

  private Optional<MillraceError> refusal(String topic) {
    return refusal(RequestContext.current(), topic);
  }

  private Optional<MillraceError> refusal(RequestContext context, String topic) {
    try {
      authorizer.check(context, Operation.DESCRIBE, topic);
      return Optional.empty();
    } catch (MillraceException refused) {
      return Optional.of(refused.error());
    }
  }

  private TopicMetadata byId(MetadataImage newest, ByteString id) {
    Optional<TopicImage> topic = newest.topic(TopicIds.fromBytes(id));
    Optional<MillraceError> refusal = topic.map(TopicImage::name).flatMap(this::refusal);
    if (topic.isPresent() && refusal.isEmpty()) {
      return TopicViews.metadata(newest, topic.get());
    }
    MillraceError error =
        refusal.orElseGet(
            () ->
                new MillraceError(
                    ErrorCode.UNKNOWN_TOPIC_ID,
                    "no topic has the id " + Uuids.fromBytes(id) + " (any more)"));
    return TopicMetadata.newBuilder().setTopicId(id).setError(RpcErrors.toProto(error)).build();
  }
}
