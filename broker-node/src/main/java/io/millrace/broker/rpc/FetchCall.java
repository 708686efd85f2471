package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.millrace.broker.replica.Registration;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.time.Scheduler;
import io.millrace.proto.v1.FetchPartition;
import io.millrace.proto.v1.FetchRequest;
import io.millrace.proto.v1.FetchResponse;
import io.millrace.proto.v1.IsolationLevel;
import io.millrace.proto.v1.PartitionData;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One unary fetch (S21). As often as a partition advances it looks at positions; only when there is
 * enough, or the time is up, it reads, once. Fields below the line are confined to the runs of
 * {@link #attempt}, but for the flags.
 */
final class FetchCall {
  /** What a partition takes in an answer besides its records, about. */
  private static final int PART_BYTES = 128;

  /** How long an answer counts that its client does not read. */
  private static final long UNREAD_MS = 30_000;

  private final FetchDeps deps;
  private final ServerCallStreamObserver<FetchResponse> client;
  private final List<FetchPart> parts = new ArrayList<>();
  private final int maxBytes;
  private final int minBytes;
  private final long maxWaitMs;
  private final SerialTask attempt;

  /** Told when the server shuts down: answers with what there is. */
  private final Runnable endOfServer;

  private volatile boolean timeIsUp;

  /** The client is gone, or has the answer, or had the time to take it. */
  private volatile boolean gone;

  /** The answer, from the read until it is sent. */
  private final ByteLease memory;

  private final List<Registration> registrations = new ArrayList<>();
  private Scheduler.@Nullable Cancellable timer;
  private boolean parked;
  private boolean answered;

  /**
   * Makes a call.
   *
   * @param memory for the answer
   */
  FetchCall(
      FetchDeps deps,
      ByteLease memory,
      FetchRequest request,
      ServerCallStreamObserver<FetchResponse> client) {
    this.deps = deps;
    this.memory = memory;
    this.client = client;
    FetchLimits limits = deps.limits();
    this.maxBytes = FetchLimits.within("max_bytes", request.getMaxBytes(), limits.maxBytes());
    this.minBytes =
        Math.min(Math.max(1, Requests.notNegative("min_bytes", request.getMinBytes())), maxBytes);
    int askedWaitMs = Requests.notNegative("max_wait_ms", request.getMaxWaitMs());
    this.maxWaitMs = Deadlines.capMs(Math.min(askedWaitMs, limits.maxWaitMs()));
    this.timeIsUp = askedWaitMs == 0;
    int count = request.getPartitionsCount();
    if (count < 1 || count > limits.maxPartitions()) {
      throw Requests.invalid(
          "partitions: " + count + " (expected: [1, " + limits.maxPartitions() + "])");
    }
    Set<TopicIdPartition> seen = new HashSet<>();
    ReadPosition.Reader reader =
        new ReadPosition.Reader(
            committedOnly(request.getIsolationLevel()), request.getRack(), false);
    Access access = deps.access();
    for (FetchPartition asked : request.getPartitionsList()) {
      TopicIdPartition id = Partitions.named(asked.getTopicId(), asked.getPartition());
      if (!seen.add(id)) {
        throw Requests.invalid("partitions: " + id + " twice (expected: at most once)");
      }
      parts.add(
          new FetchPart(
              deps.partitions(),
              id,
              access.refusal(Operation.READ, id),
              ReadPosition.of(asked, reader),
              FetchLimits.within("max_bytes", asked.getMaxBytes(), maxBytes)));
    }
    this.attempt = new SerialTask(deps.threads(), this::attempt);
    this.endOfServer = this::timeIsUp;
  }

  static boolean committedOnly(IsolationLevel level) {
    return level == IsolationLevel.ISOLATION_LEVEL_READ_COMMITTED;
  }

  /** Begins. Called once, on the transport's thread. */
  void start() {
    client.setOnCloseHandler(this::gone);
    client.setOnCancelHandler(this::gone);
    attempt.call();
  }

  private void gone() {
    gone = true;
    attempt.call();
  }

  private void attempt() {
    if (gone) {
      finish();
      memory.release();
      return;
    }
    if (answered) {
      return;
    }
    boolean lastTry = timeIsUp;
    try {
      if (enough() || lastTry) {
        answer();
      } else if (!parked) {
        park();
        // What advanced before the registrations is seen by one more try.
        attempt.call();
      }
    } catch (RuntimeException thrown) {
      finish();
      memory.release();
      client.onError(RpcErrors.toStatus(thrown));
    } catch (Error thrown) {
      finish();
      memory.release();
      TransportErrors.endCall(client, thrown);
    }
  }

  private boolean enough() {
    boolean decided = false;
    for (FetchPart part : parts) {
      part.look(deps.reader());
      decided |= part.decided();
    }
    return decided || available() >= minBytes;
  }

  private long available() {
    return Math.min(maxBytes, parts.stream().mapToLong(FetchPart::available).sum());
  }

  private void answer() {
    long overhead = (long) PART_BYTES * parts.size();
    if (!memory.tryTake(available() + overhead)) {
      throw new MillraceException(
          ErrorCode.THROTTLED, "too many bytes of answers are under way; fetch again soon");
    }
    FetchResponse.Builder response = FetchResponse.newBuilder();
    int bytes = 0;
    for (FetchPart part : parts) {
      PartitionData data = part.read(deps.reader(), maxBytes - bytes, bytes == 0);
      response.addPartitions(data);
      bytes += data.getRecords().size();
    }
    memory.hold(bytes + overhead);
    finish();
    client.onNext(response.build());
    if (client.isReady()) {
      memory.release();
    } else {
      timer = deps.scheduler().schedule(UNREAD_MS, this::gone);
    }
    client.onCompleted();
  }

  private void park() {
    parked = true;
    for (FetchPart part : parts) {
      part.host().ifPresent(host -> registrations.add(host.onAdvance(attempt::call)));
    }
    deps.streams().add(endOfServer);
    timer = deps.scheduler().schedule(maxWaitMs, this::timeIsUp);
  }

  private void timeIsUp() {
    timeIsUp = true;
    attempt.call();
  }

  private void finish() {
    answered = true;
    deps.streams().remove(endOfServer);
    registrations.forEach(Registration::close);
    registrations.clear();
    if (timer != null) {
      timer.cancel();
    }
  }
}
