package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler.Cancellable;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.proto.v1.ClusterServiceGrpc;
import io.millrace.proto.v1.DumpMetadataRequest;
import io.millrace.proto.v1.DumpMetadataResponse;
import io.millrace.proto.v1.GetHealthRequest;
import io.millrace.proto.v1.GetHealthResponse;
import io.millrace.proto.v1.Health;
import io.millrace.proto.v1.WatchHealthRequest;
import io.millrace.proto.v1.WatchHealthResponse;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers what is asked of the cluster's state as a whole, at any time. Thread-safe. */
final class ClusterInspection {
  /** What is answered also by a node that is not ready: it is asked why. */
  static final Set<String> ALWAYS =
      Set.of(
          ClusterServiceGrpc.getGetHealthMethod().getFullMethodName(),
          ClusterServiceGrpc.getWatchHealthMethod().getFullMethodName(),
          ClusterServiceGrpc.getDumpMetadataMethod().getFullMethodName());

  private static final Logger LOG = LoggerFactory.getLogger(ClusterInspection.class);
  private static final int USUAL_NAMES = 10;
  private static final long LOOK_EVERY_MS = 1_000;

  private final int nodeId;
  private final Supplier<MetadataImage> images;
  private final HealthMonitor monitor;
  private final PacedStream.Deps streams;
  private final Clock clock;

  ClusterInspection(
      int nodeId,
      Supplier<MetadataImage> images,
      HealthMonitor monitor,
      PacedStream.Deps streams,
      Clock clock) {
    this.nodeId = nodeId;
    this.images = images;
    this.monitor = monitor;
    this.streams = streams;
    this.clock = clock;
  }

  void health(GetHealthRequest request, StreamObserver<GetHealthResponse> call) {
    Replies.when(
        call,
        monitor
            .health(names(request.getMaxNames()))
            .thenApply(health -> GetHealthResponse.newBuilder().setHealth(health).build()));
  }

  void watchHealth(WatchHealthRequest request, StreamObserver<WatchHealthResponse> call) {
    new HealthWatch(names(request.getMaxNames()), call).start();
  }

  void dump(DumpMetadataRequest request, StreamObserver<DumpMetadataResponse> call) {
    DumpPieces pieces = new DumpPieces(images.get(), request.getPath(), nodeId);
    new PacedStream<>(streams, (ServerCallStreamObserver<DumpMetadataResponse>) call, pieces)
        .start();
  }

  private static int names(int asked) {
    if (asked < 0 || asked > PartitionScan.MOST_NAMES) {
      throw Requests.invalid(
          "max_names: " + asked + " (expected: [0, " + PartitionScan.MOST_NAMES + "])");
    }
    return asked == 0 ? USUAL_NAMES : asked;
  }

  /** Looks again some time after each answer, until its stream has ended. */
  private final class HealthWatch {
    private final int most;
    private final HealthFrames frames = new HealthFrames(clock, this::stop);
    private final PacedStream<WatchHealthResponse> stream;
    private volatile boolean stopped;
    private volatile Cancellable timer = () -> {};

    HealthWatch(int most, StreamObserver<WatchHealthResponse> call) {
      this.most = most;
      this.stream =
          new PacedStream<>(streams, (ServerCallStreamObserver<WatchHealthResponse>) call, frames);
    }

    void start() {
      stream.start();
      look();
    }

    private void look() {
      if (!stopped) {
        CompletableFuture<Health> unused = monitor.health(most).whenComplete(this::looked);
      }
    }

    private void looked(@Nullable Health health, @Nullable Throwable failure) {
      if (health != null) {
        frames.found(health);
      } else {
        LOG.warn("[health] a look at the cluster failed; the next one follows", failure);
      }
      stream.wake();
      timer = streams.scheduler().schedule(LOOK_EVERY_MS, this::look);
    }

    private void stop() {
      stopped = true;
      timer.cancel();
    }
  }
}
