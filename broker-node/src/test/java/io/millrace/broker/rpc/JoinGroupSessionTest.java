package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.broker.group.GroupCoordinators;
import io.millrace.broker.group.GroupEnvironment;
import io.millrace.broker.group.GroupMetrics;
import io.millrace.broker.group.GroupThreads;
import io.millrace.broker.group.OffsetsHost;
import io.millrace.broker.group.core.GroupAnswer.MemberState;
import io.millrace.broker.group.core.GroupSettings;
import io.millrace.common.time.VirtualTime;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.v1.HeartbeatRequest;
import io.millrace.proto.v1.JoinGroupRequest;
import io.millrace.proto.v1.JoinGroupResponse;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pcollections.TreePMap;
import org.pcollections.TreePVector;

/** Members' streams in an order of events that a test on real threads could not bring about. */
class JoinGroupSessionTest {
  private final VirtualTime time = new VirtualTime();
  private final OffsetsHost host = new OffsetsHost(0);
  private final InLine coordinator = new InLine();
  private final Queue<Runnable> pumps = new ArrayDeque<>();
  private MetadataImage image = MetadataImage.EMPTY;
  private final GroupCoordinators coordinators =
      new GroupCoordinators(
          new GroupEnvironment(
              1,
              () -> image,
              GroupSettings.DEFAULTS,
              new GroupThreads(List.of(coordinator), coordinator.loader),
              time,
              time,
              (message, cause) -> new IllegalStateException(message, cause),
              new GroupMetrics(new SimpleMeterRegistry())));
  private final JoinGroupSession.Deps deps =
      new JoinGroupSession.Deps(
          new GroupCalls(coordinators, time, 60_000),
          pumps::add,
          new StreamPlaces("max.group.streams", 10),
          new OpenStreams());

  /** Runs its tasks within the call that brings the first, one after the other. */
  private static final class InLine implements Executor {
    final Executor loader = Runnable::run;
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private boolean running;

    /** Done once, when no task is left. */
    private Runnable last = () -> {};

    @Override
    public void execute(Runnable task) {
      tasks.add(task);
      if (running) {
        return;
      }
      running = true;
      while (!tasks.isEmpty()) {
        tasks.remove().run();
        if (tasks.isEmpty()) {
          Runnable now = last;
          last = () -> {};
          now.run();
        }
      }
      running = false;
    }
  }

  @BeforeEach
  void lead() {
    topic(OffsetsHost.TOPIC, host.name().topic(), 1);
    topic(new UUID(3, 3), "orders", 4);
    host.commitAtOnce();
    coordinators.hosted(host);
    host.lead(1);
  }

  private void topic(UUID id, String name, int partitions) {
    MetadataImage before = image;
    PartitionImage partition = Images.partition(1, List.of(1), 1);
    TopicImage topic =
        new TopicImage(
            id,
            name,
            TreePVector.from(Collections.nCopies(partitions, partition)),
            TreePMap.empty());
    image = image.withTopics(image.topics().with(topic)).withRevision(image.revision() + 1);
    coordinators.onImage(image, MetadataDelta.between(before, image));
  }

  @Test
  void anAnswerOvertakesNoNewerStateThatIsPushed() {
    FakeCall<JoinGroupResponse> first = new FakeCall<>(10);
    JoinGroupSession session = new JoinGroupSession(deps, "host", first);
    session.start();
    // The coordinator goes on with another member before the transport's thread does anything.
    coordinator.last =
        () ->
            deps.calls()
                .carryOut(
                    GroupRequests.heartbeat(
                        GroupApi.joining("g", "b", "orders"), "host", Optional.empty()),
                    MemberState.class);
    inContext(() -> session.onNext(frame(GroupApi.joining("g", "a", "orders"))));
    pump();
    assertThat(first.error).isNull();
    JoinGroupResponse told = first.unread.get(first.unread.size() - 1);
    assertThat(told.getState().getAssignment().getTopics(0).getPartitionsCount()).isEqualTo(2);
  }

  private static JoinGroupRequest frame(HeartbeatRequest heartbeat) {
    return JoinGroupRequest.newBuilder().setHeartbeat(heartbeat).build();
  }

  private static void inContext(Runnable work) {
    ByteBudgets budgets =
        new ByteBudgets(InFlightBytes.total(1 << 20), InFlightBytes.total(1 << 20));
    Context.current().withValue(ByteBudgets.KEY, budgets).run(work);
  }

  private void pump() {
    while (!pumps.isEmpty()) {
      pumps.remove().run();
    }
  }
}
