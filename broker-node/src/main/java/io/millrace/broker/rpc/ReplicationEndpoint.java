package io.millrace.broker.rpc;

import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.replica.PartitionRegistry;
import io.millrace.broker.replica.ReplicationMetrics;
import io.millrace.broker.replica.link.LeaderFrame;
import io.millrace.broker.replica.link.Throttle;
import io.millrace.broker.rpc.wire.ReplicateFrameMarshaller;
import io.millrace.broker.rpc.wire.ServiceBinding;
import io.millrace.broker.rpc.wire.TransportAllocator;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import io.millrace.proto.internal.v1.ReplicateRequest;
import io.millrace.proto.internal.v1.ReplicationServiceGrpc;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.BiPredicate;
import java.util.function.Function;

/**
 * Gives the records of the partitions that this broker leads to those that follow; refuses while
 * the node has not begun. Thread-safe.
 */
public final class ReplicationEndpoint
    implements BindableService, ReplicationServiceGrpc.AsyncService, AutoCloseable {
  private final int brokerId;
  private final OpenStreams streams = new OpenStreams();

  /** Empty before the node has begun. */
  private volatile Optional<SessionDeps> sessions = Optional.empty();

  /**
   * What the streams work with.
   *
   * @param reading the threads that read of a log directory; no other directory's reads wait there
   * @param catchingUp the same for followers that are far behind
   * @param inSync whether a broker is among a partition's in-sync replicas
   * @param throttle holds up all streams of followers that are far behind
   * @param scheduler its tasks do not block
   * @param relief does what a thread that brought something is not to be kept for; never blocked
   */
  public record Deps(
      String clusterId,
      PartitionRegistry partitions,
      CorruptReads corruptReads,
      Function<UUID, Executor> reading,
      Function<UUID, Executor> catchingUp,
      BiPredicate<TopicIdPartition, Integer> inSync,
      Throttle throttle,
      Scheduler scheduler,
      Executor relief,
      Clock clock,
      ReplicationMetrics metrics,
      Limits limits) {}

  /**
   * The bounds.
   *
   * @param streams the most streams of the server
   * @param subscriptions the most partitions of one stream
   */
  public record Limits(int streams, int subscriptions) {}

  /** What a session works with. */
  record SessionDeps(
      int brokerId,
      Deps node,
      TransportAllocator memory,
      StreamPlaces places,
      OpenStreams streams) {}

  /** Makes the service. */
  public ReplicationEndpoint(int brokerId) {
    this.brokerId = brokerId;
  }

  /** From now on the node belongs to a cluster, and has partitions. */
  public void begin(Deps deps) {
    sessions =
        Optional.of(
            new SessionDeps(
                brokerId,
                deps,
                TransportMemory.shared(),
                new StreamPlaces("replicate streams", deps.limits().streams()),
                streams));
  }

  @Override
  public ServerServiceDefinition bindService() {
    MethodDescriptor<ReplicateRequest, ?> generated = ReplicationServiceGrpc.getReplicateMethod();
    return ServiceBinding.replace(
        ReplicationServiceGrpc.bindService(this),
        ServiceBinding.bidirectional(
            generated, generated.getRequestMarshaller(), frames(), this::open));
  }

  /** What leaders send, as frames. */
  static ReplicateFrameMarshaller frames() {
    return new ReplicateFrameMarshaller(ReplicateCodec::write, ReplicateCodec::read);
  }

  private StreamObserver<ReplicateRequest> open(StreamObserver<LeaderFrame> call) {
    SessionDeps deps =
        sessions.orElseThrow(
            () -> new MillraceException(ErrorCode.UNAVAILABLE, "the broker has not begun"));
    return new ReplicationSession(deps, (ServerCallStreamObserver<LeaderFrame>) call).start();
  }

  /** Ends all streams, and those that are opened from now on. */
  @Override
  public void close() {
    streams.endAll();
  }
}
