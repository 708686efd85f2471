package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.Registration;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.time.Scheduler;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.FetchPartition;
import io.millrace.proto.v1.FetchRequest;
import io.millrace.proto.v1.FetchResponse;
import io.millrace.proto.v1.IsolationLevel;
import io.millrace.proto.v1.PartitionData;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One unary fetch: a read now, and as often as a partition advances until there is enough (S21).
 * Fields below the line are confined to the runs of {@link #attempt}, but for the flags.
 */
final class FetchCall {
  private final FetchDeps deps;
  private final ServerCallStreamObserver<FetchResponse> client;
  private final List<Part> parts = new ArrayList<>();
  private final int maxBytes;
  private final int minBytes;
  private final long maxWaitMs;
  private final SerialTask attempt;

  /** Told when the server shuts down: answers with what there is. */
  private final Runnable endOfServer;

  private volatile boolean timeIsUp;
  private volatile boolean cancelled;

  private final List<Registration> registrations = new ArrayList<>();
  private Scheduler.@Nullable Cancellable timer;
  private boolean parked;
  private boolean answered;

  /** A partition of the request: on this broker, or not with the reason. */
  private record Part(
      Optional<PartitionHost> host,
      ReadPosition position,
      int maxBytes,
      Optional<PartitionData> refused) {}

  FetchCall(FetchDeps deps, FetchRequest request, ServerCallStreamObserver<FetchResponse> client) {
    this.deps = deps;
    this.client = client;
    FetchLimits limits = deps.limits();
    this.maxBytes = FetchLimits.within(request.getMaxBytes(), limits.maxBytes());
    this.minBytes = Math.min(Math.max(1, request.getMinBytes()), maxBytes);
    if (request.getMaxWaitMs() < 0) {
      throw invalid("max_wait_ms: " + request.getMaxWaitMs() + " (expected: >= 0)");
    }
    this.maxWaitMs = Deadlines.capMs(Math.min(request.getMaxWaitMs(), limits.maxWaitMs()));
    this.timeIsUp = request.getMaxWaitMs() == 0;
    int count = request.getPartitionsCount();
    if (count < 1 || count > limits.maxPartitions()) {
      throw invalid("partitions: " + count + " (expected: [1, " + limits.maxPartitions() + "])");
    }
    Set<TopicIdPartition> seen = new HashSet<>();
    boolean committedOnly = committedOnly(request.getIsolationLevel());
    for (FetchPartition asked : request.getPartitionsList()) {
      parts.add(part(asked, committedOnly, seen));
    }
    this.attempt = new SerialTask(deps.threads(), this::attempt);
    this.endOfServer = this::timeIsUp;
  }

  static boolean committedOnly(IsolationLevel level) {
    return level == IsolationLevel.ISOLATION_LEVEL_READ_COMMITTED;
  }

  private Part part(FetchPartition asked, boolean committedOnly, Set<TopicIdPartition> seen) {
    TopicIdPartition id = Partitions.named(asked.getTopicId(), asked.getPartition());
    if (!seen.add(id)) {
      throw invalid("partitions: " + id + " twice (expected: at most once)");
    }
    Optional<PartitionHost> host = deps.partitions().find(id);
    return new Part(
        host,
        ReadPosition.of(asked, committedOnly),
        FetchLimits.within(asked.getMaxBytes(), maxBytes),
        host.isPresent()
            ? Optional.empty()
            : Optional.of(notHere(id, deps.partitions().whyNotHere(id))));
  }

  /** What is said of a partition that is not on this broker. */
  static PartitionData notHere(TopicIdPartition id, MillraceError why) {
    return PartitionData.newBuilder()
        .setTopicId(Uuids.toBytes(id.topicId()))
        .setPartition(id.partition())
        .setError(RpcErrors.toProto(why))
        .setHighWatermark(-1)
        .setLastStableOffset(-1)
        .setLogStartOffset(-1)
        .setLeaderEpoch(-1)
        .build();
  }

  /** Begins. Called once, on the transport's thread. */
  void start() {
    client.setOnCancelHandler(
        () -> {
          cancelled = true;
          attempt.call();
        });
    attempt.call();
  }

  private void attempt() {
    if (answered) {
      return;
    }
    if (cancelled) {
      answered = true;
      unpark();
      return;
    }
    boolean lastTry = timeIsUp;
    try {
      if (!tryToAnswer(lastTry) && !parked) {
        park();
        // What advanced before the registrations is seen by one more try.
        attempt.call();
      }
    } catch (RuntimeException thrown) {
      answered = true;
      unpark();
      client.onError(RpcErrors.toStatus(thrown));
    }
  }

  private boolean tryToAnswer(boolean lastTry) {
    FetchResponse.Builder response = FetchResponse.newBuilder();
    int bytes = 0;
    boolean decided = false;
    for (Part part : parts) {
      if (part.host().isEmpty()) {
        response.addPartitions(part.refused().orElseThrow());
        decided = true;
        continue;
      }
      int room = Math.min(part.maxBytes(), maxBytes - bytes);
      PartitionReader.Result read =
          deps.reader().read(part.host().get(), part.position(), room, bytes == 0);
      response.addPartitions(read.data());
      bytes += read.bytes();
      decided |= read.decided();
    }
    if (!decided && bytes < minBytes && !lastTry) {
      return false;
    }
    answered = true;
    unpark();
    client.onNext(response.build());
    client.onCompleted();
    return true;
  }

  private void park() {
    parked = true;
    for (Part part : parts) {
      part.host().ifPresent(host -> registrations.add(host.onAdvance(attempt::call)));
    }
    deps.streams().add(endOfServer);
    timer = deps.scheduler().schedule(maxWaitMs, this::timeIsUp);
  }

  private void timeIsUp() {
    timeIsUp = true;
    attempt.call();
  }

  private void unpark() {
    deps.streams().remove(endOfServer);
    registrations.forEach(Registration::close);
    registrations.clear();
    if (timer != null) {
      timer.cancel();
    }
  }

  private static MillraceException invalid(String what) {
    return new MillraceException(ErrorCode.INVALID_REQUEST, what);
  }
}
