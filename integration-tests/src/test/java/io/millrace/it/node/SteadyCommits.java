package io.millrace.it.node;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.CommitOffsetsRequest;
import io.millrace.proto.v1.CommitOffsetsResponse;
import io.millrace.proto.v1.FindCoordinatorRequest;
import io.millrace.proto.v1.FindCoordinatorResponse;
import io.millrace.proto.v1.GetOffsetsRequest;
import io.millrace.proto.v1.GroupServiceGrpc;
import io.millrace.proto.v1.HeartbeatRequest;
import io.millrace.proto.v1.HeartbeatResponse;
import io.millrace.proto.v1.MetadataServiceGrpc;
import io.millrace.proto.v1.OffsetServiceGrpc;
import io.millrace.proto.v1.OwnedPartitions;
import io.millrace.proto.v1.PartitionOffset;
import io.millrace.proto.v1.Subscription;
import io.millrace.proto.v1.TopicOffsets;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.awaitility.Awaitility;

/**
 * A member of a group that commits growing offsets of partition 0, each until it is acknowledged,
 * and a reader that checks that what it is told never goes back, nor lies behind what was
 * acknowledged before it asked.
 */
final class SteadyCommits implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int CALL_SECONDS = 5;

  private final LocalCluster cluster;
  private final String group;
  private final ByteString topic;
  private final Map<Integer, ManagedChannel> channels = new ConcurrentHashMap<>();
  private final Queue<String> problems = new ConcurrentLinkedQueue<>();
  private final AtomicLong acknowledged = new AtomicLong();
  private final Thread committer = new Thread(this::commitAll, "commits");
  private final Thread reader = new Thread(this::readAll, "reads-commits");
  private volatile boolean stopped;
  private volatile FindCoordinatorResponse found = FindCoordinatorResponse.getDefaultInstance();
  private volatile int epoch;
  private volatile int joins;

  SteadyCommits(LocalCluster cluster, String group, UUID topic) {
    this.cluster = cluster;
    this.group = group;
    this.topic = Uuids.toBytes(topic);
    committer.start();
    reader.start();
  }

  long acknowledged() {
    return acknowledged.get();
  }

  int joins() {
    return joins;
  }

  Queue<String> problems() {
    return problems;
  }

  int coordinator() {
    return found.getCoordinator().getNodeId();
  }

  int partition() {
    return found.getPartition();
  }

  void awaitMore(int commits) {
    long before = acknowledged.get();
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> acknowledged.get() >= before + commits || !problems.isEmpty());
    if (!problems.isEmpty()) {
      throw new AssertionError(problems.toString());
    }
  }

  /** What is committed now. */
  long committed() {
    return retried(this::read);
  }

  private void commitAll() {
    try {
      retried(this::join);
      for (long next = 1; !stopped; next++) {
        long offset = next;
        retried(() -> commit(offset));
        acknowledged.set(offset);
        if (next % 50 == 0) {
          retried(this::beat);
        }
      }
    } catch (RuntimeException failed) {
      problems.add("commits: " + failed);
    }
  }

  private void readAll() {
    try {
      long last = 0;
      while (!stopped) {
        long atLeast = Math.max(last, acknowledged.get());
        long now = retried(this::read);
        if (now < atLeast) {
          problems.add("committed: " + now + " (expected: at least " + atLeast + ")");
        }
        last = Math.max(last, now);
      }
    } catch (RuntimeException failed) {
      problems.add("reads: " + failed);
    }
  }

  private Integer join() {
    HeartbeatResponse joined =
        heartbeat(
            HeartbeatRequest.newBuilder()
                .setSubscription(Subscription.newBuilder().addTopics("orders"))
                .setOwned(OwnedPartitions.getDefaultInstance()));
    joins++;
    epoch = joined.getMemberEpoch();
    return epoch;
  }

  private Integer beat() {
    epoch = heartbeat(HeartbeatRequest.newBuilder().setMemberEpoch(epoch)).getMemberEpoch();
    return epoch;
  }

  private HeartbeatResponse heartbeat(HeartbeatRequest.Builder request) {
    return GroupServiceGrpc.newBlockingStub(channel())
        .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS)
        .heartbeat(request.setGroupId(group).setMemberId("m").build());
  }

  private Long commit(long offset) {
    CommitOffsetsResponse answer =
        OffsetServiceGrpc.newBlockingStub(channel())
            .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS)
            .commitOffsets(
                CommitOffsetsRequest.newBuilder()
                    .setGroupId(group)
                    .setMemberId("m")
                    .setMemberEpoch(epoch)
                    .addTopics(
                        TopicOffsets.newBuilder()
                            .setTopicId(topic)
                            .addPartitions(PartitionOffset.newBuilder().setOffset(offset)))
                    .build());
    if (answer.getTopics(0).getPartitions(0).hasError()) {
      throw new IllegalStateException(answer.toString());
    }
    return offset;
  }

  private Long read() {
    return OffsetServiceGrpc.newBlockingStub(channel())
        .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS)
        .getOffsets(GetOffsetsRequest.newBuilder().setGroupId(group).build())
        .getTopicsList()
        .stream()
        .mapToLong(each -> each.getPartitions(0).getCommitted().getOffset())
        .findFirst()
        .orElse(0);
  }

  /** Asks the coordinator, or whoever it is by then. */
  private <T> T retried(Supplier<T> call) {
    while (true) {
      try {
        return call.get();
      } catch (StatusRuntimeException refused) {
        if (!isTemporary(refused)) {
          throw refused;
        }
        find();
      }
    }
  }

  private static boolean isTemporary(StatusRuntimeException refused) {
    return switch (refused.getStatus().getCode()) {
      case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, ABORTED -> true;
      case FAILED_PRECONDITION ->
          StatusProto.fromThrowable(refused).toString().contains("NOT_COORDINATOR");
      default -> false;
    };
  }

  private ManagedChannel channel() {
    return channels.computeIfAbsent(Math.max(1, coordinator()), this::open);
  }

  private ManagedChannel open(int node) {
    return NettyChannelBuilder.forTarget(cluster.node(node).bootstrap()).usePlaintext().build();
  }

  private void find() {
    for (int node = 1; node <= LocalCluster.NODES; node++) {
      try {
        FindCoordinatorResponse told =
            MetadataServiceGrpc.newBlockingStub(channels.computeIfAbsent(node, this::open))
                .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS)
                .findCoordinator(FindCoordinatorRequest.newBuilder().setGroupId(group).build());
        synchronized (this) {
          found = told.getLeaderEpoch() >= found.getLeaderEpoch() ? told : found;
        }
      } catch (StatusRuntimeException next) {
        // Another one knows, or this one later.
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      }
    }
  }

  void stop() throws InterruptedException {
    stopped = true;
    committer.join();
    reader.join();
  }

  @Override
  public void close() throws InterruptedException {
    stop();
    channels.values().forEach(ManagedChannel::shutdownNow);
  }
}
