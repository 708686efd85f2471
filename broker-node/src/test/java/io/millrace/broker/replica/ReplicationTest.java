package io.millrace.broker.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.broker.replica.core.FollowingEffect;
import io.millrace.broker.replica.link.FollowerFrame;
import io.millrace.broker.replica.link.LeaderFrame;
import io.millrace.broker.replica.link.Throttle;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.time.VirtualTime;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How the partitions of two log directories follow broker 1; the streams are the test's. */
class ReplicationTest extends FakeQuorum {
  private static final UUID DIR_A = new UUID(1, 10);
  private static final UUID DIR_B = new UUID(1, 11);
  private static final long CREDITS = 1_000;

  private final VirtualTime time = new VirtualTime();
  private final List<Stream> streams = new ArrayList<>();
  private final Replication replication =
      new Replication(
          new Replication.Settings(2, PROCESS, CREDITS, 500, Throttle.none()),
          this,
          Stream::new,
          new Replication.Environment(
              time,
              rest -> time.schedule(0, rest),
              time,
              (message, cause) -> new IllegalStateException(message, cause)),
          new ReplicationMetrics(new SimpleMeterRegistry()));

  /** What happens while somebody looks at the metadata, after it was read what they are. */
  private Runnable duringTheNextLook = () -> {};

  @Override
  public MetadataImage image() {
    MetadataImage seen = super.image();
    Runnable happens = duringTheNextLook;
    duringTheNextLook = () -> {};
    happens.run();
    return seen;
  }

  private void registerAnew(int id, long epoch) {
    MetadataImage before = image;
    register(id, epoch);
    replication.onImage(image, MetadataDelta.between(before, image));
  }

  /** Keeps what is sent. */
  private final class Stream implements LeaderStreams.LeaderStream {
    private final LeaderStreams.Listener listener;
    private final List<FollowerFrame> sent = new ArrayList<>();
    private boolean cancelled;

    Stream(Endpoint leader, LeaderStreams.Listener listener) {
      assertThat(leader.port()).isEqualTo(1);
      this.listener = listener;
      streams.add(this);
    }

    @Override
    public void send(FollowerFrame frame) {
      sent.add(frame);
    }

    @Override
    public void cancel(String why) {
      cancelled = true;
    }

    /** Accepts what was asked for as subscription 1, and sends records of a batch. */
    void acceptAndSend() {
      listener.received(new LeaderFrame.Subscribed(1, 1, 0, 0));
      ReceivedRecords records = new ReceivedRecords(Batches.ofBytes(CREDIT_PIECE), () -> {});
      listener.received(
          new LeaderFrame.Data(List.of(new LeaderFrame.DataPart(1, 0, 0, 0, records))));
    }
  }

  /** As many bytes as credits are given back together. */
  private static final int CREDIT_PIECE = 250;

  @BeforeEach
  void know() {
    register(1, 10);
    register(2, 20);
  }

  private ReplicationPort follow(int partition, UUID directory) {
    ReplicationPort port =
        replication.of(new TopicIdPartition(new UUID(1, 1), partition), directory);
    port.subscribe(new FollowingEffect.Subscribe(port.attemptsFrom() + 1, 1, 5, 0, -1));
    return port;
  }

  @Test
  void aDirectoryThatHangsKeepsNobodyElsesCredits() {
    ReplicaRecordsHeld held = new ReplicaRecordsHeld();
    replication.begin(held);
    follow(0, DIR_A);
    follow(1, DIR_A);
    follow(2, DIR_B);
    assertThat(streams).hasSize(2);

    held.hangs = true;
    streams.get(0).acceptAndSend();
    held.hangs = false;
    streams.get(1).acceptAndSend();

    assertThat(streams.get(0).sent).noneMatch(FollowerFrame.Credits.class::isInstance);
    assertThat(streams.get(1).sent)
        .contains(new FollowerFrame.Open(2, 20, 1, CREDITS, 500, false))
        .anyMatch(FollowerFrame.Credits.class::isInstance);
    time.advance(1_000);
    assertThat(streams)
        .allMatch(each -> each.sent.stream().anyMatch(FollowerFrame.Heartbeat.class::isInstance));
  }

  /** Nobody would take it into the in-sync replicas under an older one (KIP-903). */
  @Test
  void aRegistrationThatComesWhileAConnectionIsMadeIsTheOneThatItFollowsUnder() {
    registerAnew(2, 20);
    duringTheNextLook = () -> registerAnew(2, 21);

    follow(0, DIR_A);

    assertThat(streams)
        .singleElement()
        .satisfies(
            stream ->
                assertThat(stream.sent)
                    .contains(new FollowerFrame.Open(2, 21, 1, CREDITS, 500, false)));
  }

  @Test
  void aRegistrationThatComesLaterOpensTheStreamsAnew() {
    registerAnew(2, 20);
    follow(0, DIR_A);

    registerAnew(2, 21);
    follow(0, DIR_A);

    assertThat(streams.get(0).cancelled).isTrue();
    assertThat(streams.get(1).sent).contains(new FollowerFrame.Open(2, 21, 1, CREDITS, 500, false));
  }

  /** Whoever follows under the newest one need not begin again when its news comes. */
  @Test
  void newsOfARegistrationEndsNoStreamThatWasOpenedUnderIt() {
    follow(0, DIR_A);

    tell();
    registerAnew(2, 20);
    registerAnew(1, 10);

    assertThat(streams).singleElement().satisfies(each -> assertThat(each.cancelled).isFalse());
  }

  @Test
  void aRegistrationOfTheLeadersBrokerOpensTheStreamsAnew() {
    follow(0, DIR_A);

    registerAnew(1, 11);
    follow(0, DIR_A);

    assertThat(streams).hasSize(2);
    assertThat(streams.get(0).cancelled).isTrue();
  }

  @Test
  void positionsOfOneRunOfAShardGoTogether() {
    ReplicationPort one = follow(0, DIR_A);
    ReplicationPort other = follow(1, DIR_A);
    Stream stream = streams.get(0);
    stream.listener.received(new LeaderFrame.Subscribed(1, 1, 0, 0));
    stream.listener.received(new LeaderFrame.Subscribed(2, 2, 0, 0));
    stream.sent.clear();

    List<Runnable> end = new ArrayList<>();
    one.acknowledge(new FollowingEffect.Acknowledge(one.attemptsFrom() + 1, 7, 7, 0), end::add);
    other.acknowledge(new FollowingEffect.Acknowledge(other.attemptsFrom() + 1, 9, 8, 0), end::add);
    assertThat(stream.sent).isEmpty();
    end.forEach(Runnable::run);

    assertThat(stream.sent)
        .containsExactly(
            new FollowerFrame.Positions(
                List.of(
                    new FollowerFrame.Position(1, 7, 7, 0),
                    new FollowerFrame.Position(2, 9, 8, 0))));
    end.clear();
    one.acknowledge(new FollowingEffect.Acknowledge(one.attemptsFrom() + 1, 10, 10, 0), end::add);
    assertThat(end).hasSize(1);
  }

  @Test
  void anOpeningOfAPartitionNumbersItsAttemptsAboveThoseOfEarlierOnes() {
    TopicIdPartition id = new TopicIdPartition(new UUID(1, 1), 0);

    long first = replication.of(id, DIR_A).attemptsFrom();
    long second = replication.of(id, DIR_A).attemptsFrom();

    assertThat(second - first).isGreaterThan(Integer.MAX_VALUE);
  }

  /** KIP-903: or the leader would count on this process's log for that one's. */
  @Test
  void S10_aProcessDoesNotFollowUnderTheRegistrationOfTheOneAfterIt() {
    tell();
    follow(0, DIR_A);
    assertThat(streams.get(0).sent).contains(new FollowerFrame.Open(2, 20, 1, CREDITS, 500, false));

    register(2, 21, new UUID(3, 3));
    tell();
    follow(0, DIR_A);
    time.advance(5_000);

    assertThat(streams.get(0).cancelled).isTrue();
    assertThat(streams.subList(1, streams.size()))
        .isNotEmpty()
        .allSatisfy(
            each ->
                assertThat(each.sent)
                    .contains(new FollowerFrame.Open(2, -1, 1, CREDITS, 500, false)));
  }

  private void tell() {
    replication.onImage(image, MetadataDelta.between(MetadataImage.EMPTY, image));
  }

  @Test
  void nothingIsFollowedOnceClosed() {
    follow(0, DIR_A);
    replication.close();
    assertThat(streams).allMatch(each -> each.cancelled);

    follow(0, DIR_A);
    follow(1, DIR_B);
    time.advance(5_000);

    assertThat(streams).hasSize(1);
  }

  /** Partitions that append at once what they are told, or hang. */
  private static final class ReplicaRecordsHeld implements PartitionRegistry {
    private boolean hangs;

    @Override
    public Optional<PartitionHost> find(TopicIdPartition id) {
      return Optional.of(new Appending(id, hangs, new ArrayList<>()));
    }

    @Override
    public io.millrace.common.MillraceError whyAbsent(TopicIdPartition id) {
      throw new IllegalStateException("nobody asks");
    }

    @Override
    public List<PartitionHost> partitions() {
      return List.of();
    }
  }
}
