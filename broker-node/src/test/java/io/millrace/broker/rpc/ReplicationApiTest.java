package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.millrace.broker.replica.LeaderStreams;
import io.millrace.broker.replica.ReceivedRecords;
import io.millrace.broker.replica.ReplicationMetrics;
import io.millrace.broker.replica.SubscribedFollower;
import io.millrace.broker.replica.core.LeadingEvent;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.broker.replica.core.SubscribeAnswer;
import io.millrace.broker.replica.link.FollowerFrame;
import io.millrace.broker.replica.link.LeaderFrame;
import io.millrace.broker.replica.link.Throttle;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.file.FaultPlan;
import io.millrace.common.record.Compression;
import io.millrace.common.time.Clock;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.rpc.NodeChannels;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A Replicate stream over a real connection; the partition's answers are the test's. */
class ReplicationApiTest {
  private static final int LEADER = 1;
  private static final int FOLLOWER = 2;
  private static final int MOST_STREAMS = 2;

  private final FakePartitions partitions = new FakePartitions();
  private final LogHost log = partitions.topic("copied", 1).get(0);
  private final Map<UUID, ExecutorService> readers = new ConcurrentHashMap<>();
  private final BlockingQueue<Runnable> timers = new LinkedBlockingQueue<>();
  private final TestClock clock = new TestClock();
  private final ReplicationEndpoint endpoint = new ReplicationEndpoint(LEADER);
  private final NodeChannels channels =
      new NodeChannels(
          to -> NettyChannelBuilder.forAddress(to.host(), to.port()).usePlaintext().build());
  private Server server;

  /** The follower's end. */
  private final class Follower implements LeaderStreams.Listener {
    final BlockingQueue<LeaderFrame> frames = new LinkedBlockingQueue<>();
    final AtomicInteger heartbeats = new AtomicInteger();
    final CompletableFuture<String> lost = new CompletableFuture<>();
    final LeaderStreams.LeaderStream stream;

    Follower(String clusterId) {
      stream =
          new ReplicationStreams(clusterId, FOLLOWER, channels)
              .open(new Endpoint("127.0.0.1", server.getPort()), this);
    }

    @Override
    public void received(LeaderFrame frame) {
      if (frame instanceof LeaderFrame.Heartbeat) {
        heartbeats.incrementAndGet();
      } else {
        frames.add(frame);
      }
    }

    @Override
    public void lost(String why) {
      lost.complete(why);
    }

    LeaderFrame next() throws InterruptedException {
      LeaderFrame frame = frames.poll(10, TimeUnit.SECONDS);
      assertThat(frame).isNotNull();
      return frame;
    }

    Follower open() {
      stream.send(new FollowerFrame.Open(FOLLOWER, 20, LEADER, 1 << 20, 1 << 18, false));
      return this;
    }

    Follower subscribe(TopicIdPartition partition) {
      stream.send(new FollowerFrame.Subscribe(1, partition, 0, 0, -1));
      return this;
    }
  }

  @BeforeEach
  void start() throws Exception {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .directExecutor()
            .addService(ServerInterceptors.intercept(endpoint, new FaultBarrier()))
            .build()
            .start();
    endpoint.begin(
        new ReplicationEndpoint.Deps(
            "c1",
            partitions,
            new CorruptReads(partitions.meters, (id, offset) -> true),
            directory -> readers.computeIfAbsent(directory, absent -> reader()),
            directory -> readers.computeIfAbsent(directory, absent -> reader()),
            (id, broker) -> true,
            Throttle.none(),
            (delayMs, task) -> {
              timers.add(task);
              return () -> {};
            },
            Runnable::run,
            clock,
            new ReplicationMetrics(partitions.meters),
            new ReplicationEndpoint.Limits(MOST_STREAMS, 10)));
  }

  @AfterEach
  void stop() throws InterruptedException {
    channels.close();
    server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    readers.values().forEach(ExecutorService::shutdownNow);
  }

  private static ExecutorService reader() {
    return Executors.newSingleThreadExecutor();
  }

  /** A clock that goes when the test says so. */
  private static final class TestClock implements Clock {
    private final AtomicLong nowMs = new AtomicLong();

    @Override
    public long wallMs() {
      return nowMs.get();
    }

    @Override
    public long monotonicNanos() {
      return TimeUnit.MILLISECONDS.toNanos(nowMs.get());
    }
  }

  private <E extends PartitionEvent> E posted(Class<E> type) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> log.posted.stream().filter(type::isInstance).map(type::cast).toList(),
            all -> !all.isEmpty())
        .get(0);
  }

  /** A second partition on a disk of its own, of which every read waits for the gate. */
  private LogHost hanging(CountDownLatch gate) {
    LogHost other = partitions.topic("elsewhere", 1).get(0);
    other.directory = new UUID(7, 7);
    other.faults.on(FaultPlan.Operation.READ).path("**.log").run(() -> await(gate));
    return other;
  }

  private static void await(CountDownLatch gate) {
    try {
      gate.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aDiskThatHangsHoldsUpNeitherOtherRecordsNorPositionsNorHeartbeats() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    LogHost other = hanging(gate);
    other.append(Compression.NONE, "late");
    Follower follower = accepted();
    follower.stream.send(new FollowerFrame.Subscribe(2, other.id(), 0, 0, -1));
    Awaitility.await().until(() -> !other.posted.isEmpty());
    LeadingEvent.FollowerSubscribes asked = (LeadingEvent.FollowerSubscribes) other.posted.get(0);
    ((SubscribedFollower) asked.ref()).answered(new SubscribeAnswer.Accepted(0, 0));
    assertThat(follower.next()).isEqualTo(new LeaderFrame.Subscribed(2, 2, 0, 0));

    log.append(Compression.NONE, "a");
    assertThat(part(follower.next()).subscription()).isEqualTo(1);
    follower.stream.send(
        new FollowerFrame.Positions(List.of(new FollowerFrame.Position(1, 1, 1, 0))));
    assertThat(posted(LeadingEvent.FollowerAcknowledged.class).appended()).isEqualTo(1);
    clock.nowMs.addAndGet(1_000);
    timers.take().run();
    Awaitility.await().until(() -> follower.heartbeats.get() == 1);
    assertThat(follower.frames).isEmpty();

    gate.countDown();
    assertThat(part(follower.next()).subscription()).isEqualTo(2);
  }

  private Follower accepted() throws InterruptedException {
    Follower follower = new Follower("c1").open().subscribe(log.id());
    SubscribedFollower ref =
        (SubscribedFollower) posted(LeadingEvent.FollowerSubscribes.class).ref();
    ref.answered(new SubscribeAnswer.Accepted(0, 0));
    assertThat(follower.next()).isEqualTo(new LeaderFrame.Subscribed(1, 1, 0, 0));
    return follower;
  }

  private ByteBuffer stored(long from) {
    return log.view().log().read(from, 1 << 20, log.view().logEndOffset(), true).records();
  }

  private static LeaderFrame.DataPart part(LeaderFrame frame) {
    return ((LeaderFrame.Data) frame).parts().get(0);
  }

  private static ByteBuffer bytes(LeaderFrame.DataPart part) {
    return ((ReceivedRecords) part.records()).batches();
  }

  @Test
  void theFollowerGetsTheLogAsItIsAndWhatIsAppendedLater() throws Exception {
    log.showUpTo(0);
    log.append(Compression.NONE, "a", "b");
    Follower follower = accepted();

    LeaderFrame.DataPart first = part(follower.next());
    assertThat(first.prevEndOffset()).isZero();
    assertThat(bytes(first)).isEqualTo(stored(0));
    int bytes = log.append(Compression.ZSTD, "c".repeat(300_000));
    LeaderFrame.DataPart second = part(follower.next());
    assertThat(second.prevEndOffset()).isEqualTo(2);
    assertThat(bytes(second)).isEqualTo(stored(2));

    assertThat(partitions.meters.get("millrace.replication.sent.bytes").counter().count())
        .isEqualTo(first.records().bytes() + bytes);
    assertThat(partitions.meters.get("millrace.replication.followers").gauge().value())
        .isEqualTo(1);
  }

  @Test
  void S04_theHighWatermarkReachesTheFollowerWithoutRecords() throws Exception {
    log.showUpTo(0);
    log.append(Compression.NONE, "a");
    Follower follower = accepted();
    assertThat(part(follower.next()).highWatermark()).isZero();

    log.showUpTo(1);

    assertThat(follower.next())
        .isEqualTo(new LeaderFrame.Watermarks(List.of(new LeaderFrame.Watermark(1, 1, 0))));
  }

  @Test
  void positionsComeToThePartitionAndTheEndOfTheStreamToo() throws Exception {
    log.append(Compression.NONE, "a");
    Follower follower = accepted();
    follower.next();

    follower.stream.send(
        new FollowerFrame.Positions(List.of(new FollowerFrame.Position(1, 1, 0, 0))));
    LeadingEvent.FollowerAcknowledged at = posted(LeadingEvent.FollowerAcknowledged.class);
    assertThat(at.appended()).isEqualTo(1);
    assertThat(at.durable()).isZero();

    follower.stream.cancel("enough");
    assertThat(posted(LeadingEvent.FollowerGone.class).ref()).isEqualTo(at.ref());
    assertThat(log.listeners()).isZero();
    assertThat(partitions.meters.get("millrace.replication.followers").gauge().value()).isZero();
  }

  @Test
  void aPartitionThatIsNotHereIsRefused() throws Exception {
    Follower follower =
        new Follower("c1").open().subscribe(new TopicIdPartition(new UUID(9, 9), 0));

    LeaderFrame.Refused refused = (LeaderFrame.Refused) follower.next();
    assertThat(refused.error().code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC_ID);
  }

  @Test
  void aDiskThatFailsUnderTheReadEndsTheSubscription() throws Exception {
    log.append(Compression.NONE, "a");
    log.faults.on(FaultPlan.Operation.READ).path("**.log").failOnce("a bad sector");
    Follower follower = accepted();

    LeaderFrame.Ended ended = (LeaderFrame.Ended) follower.next();
    assertThat(ended.error().code()).isEqualTo(ErrorCode.LOG_DIR_OFFLINE);
    assertThat(log.diskFailures).isEqualTo(1);
  }

  @Test
  void S25_aCorruptBatchIsNotSentOnButEndsTheSubscription() throws Exception {
    int good = log.append(Compression.NONE, "a");
    log.flipByte(good - 1);
    Follower follower = accepted();

    LeaderFrame.Ended ended = (LeaderFrame.Ended) follower.next();
    assertThat(ended.error().code()).isEqualTo(ErrorCode.CORRUPT_BATCH);
    assertThat(ended.error().message()).contains("00000000000000000000.log");
    assertThat(posted(PartitionEvent.LogDamaged.class).offset()).isZero();
    assertThat(follower.frames).isEmpty();
  }

  @Test
  void anEndedSubscriptionIsTold() throws Exception {
    Follower follower = accepted();
    MillraceError why = new MillraceError(ErrorCode.NOT_LEADER, "broker 3 leads");

    ((SubscribedFollower) posted(LeadingEvent.FollowerSubscribes.class).ref()).ended(why);

    assertThat(follower.next()).isEqualTo(new LeaderFrame.Ended(1, why));
  }

  @Test
  void aBrokerOfAnotherClusterIsRefused() throws Exception {
    Follower follower = new Follower("another").open();

    assertThat(follower.lost.get(10, TimeUnit.SECONDS))
        .contains("INVALID_ARGUMENT", "cluster_id: another (expected: c1)");
  }

  @Test
  void moreStreamsThanTheBoundAreRefused() throws Exception {
    CompletableFuture<?>[] lost =
        IntStream.rangeClosed(0, MOST_STREAMS)
            .mapToObj(each -> new Follower("c1").open().lost)
            .toArray(CompletableFuture<?>[]::new);

    assertThat((String) CompletableFuture.anyOf(lost).get(10, TimeUnit.SECONDS))
        .contains("RESOURCE_EXHAUSTED");
  }

  @Test
  void closingEndsEveryStreamInOrder() throws Exception {
    Follower follower = accepted();

    endpoint.close();

    assertThat(follower.lost.get(10, TimeUnit.SECONDS)).contains("UNAVAILABLE");
    posted(LeadingEvent.FollowerGone.class);
  }
}
