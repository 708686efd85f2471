package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.stub.StreamObserver;
import io.millrace.broker.replica.ReplicationMetrics;
import io.millrace.broker.replica.core.LeadingEvent;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.broker.replica.link.FollowerFrame;
import io.millrace.broker.replica.link.LeaderFrame;
import io.millrace.broker.replica.link.Throttle;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.time.SystemClock;
import io.millrace.proto.internal.v1.ReplicateRequest;
import io.millrace.proto.internal.v1.RequestContext;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What becomes of a follower's subscriptions when its stream ends. */
final class ReplicationSessionEndTest {
  private static final int LEADER = 1;
  private static final String CLUSTER = "c1";

  private final FakePartitions partitions = new FakePartitions();
  private final FakeCall<LeaderFrame> call = new FakeCall<>(100);

  /** A partition that fails at the news that its follower is gone. */
  private static final class FailingHost extends FakeHost {
    FailingHost(TopicIdPartition id) {
      super(id);
    }

    boolean knowsOfTheEnd() {
      return posted.stream().anyMatch(LeadingEvent.FollowerGone.class::isInstance);
    }

    @Override
    public void post(PartitionEvent event) {
      super.post(event);
      if (event instanceof LeadingEvent.FollowerGone) {
        throw new IllegalStateException("a defect");
      }
    }
  }

  @Test
  void everyPartitionIsToldThatItsFollowerIsGoneThoughOneThrows() {
    UUID topic = UUID.randomUUID();
    List<FailingHost> hosts =
        IntStream.range(0, 5)
            .mapToObj(number -> new FailingHost(new TopicIdPartition(topic, number)))
            .toList();
    StreamObserver<ReplicateRequest> stream = new ReplicationSession(deps(), call).start();
    send(stream, new FollowerFrame.Open(2, 7, LEADER, 1_000, 1_000, false));
    for (FailingHost host : hosts) {
      partitions.hosts.put(host.id(), host);
      send(stream, new FollowerFrame.Subscribe(host.id().partition() + 1, host.id(), 3, 0, -1));
    }
    try (LogLines log = new LogLines(LeaderEffects.class)) {
      call.cancel();

      assertThat(hosts).allMatch(FailingHost::knowsOfTheEnd);
      assertThat(log.lines).hasSize(hosts.size());
    }
  }

  private static void send(StreamObserver<ReplicateRequest> stream, FollowerFrame frame) {
    stream.onNext(
        ReplicateCodec.write(frame, RequestContext.newBuilder().setClusterId(CLUSTER).build()));
  }

  private ReplicationEndpoint.SessionDeps deps() {
    return new ReplicationEndpoint.SessionDeps(
        LEADER,
        new ReplicationEndpoint.Deps(
            CLUSTER,
            partitions,
            new CorruptReads(partitions.meters, (id, offset) -> true),
            directory -> Runnable::run,
            directory -> Runnable::run,
            (id, broker) -> true,
            Throttle.none(),
            (delayMs, task) -> () -> {},
            Runnable::run,
            new SystemClock(),
            new ReplicationMetrics(partitions.meters),
            new ReplicationEndpoint.Limits(1, 10)),
        TransportMemory.shared(),
        new StreamPlaces("replicate streams", 1),
        new OpenStreams());
  }
}
