package io.millrace.metadata.ratis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.ErrorCode;
import io.millrace.common.file.RealFileStore;
import io.millrace.metadata.QuorumAnswer;
import io.millrace.metadata.QuorumAnswer.Described;
import io.millrace.metadata.QuorumHealth.State;
import io.millrace.metadata.QuorumRequest;
import io.millrace.metadata.QuorumRequest.AddVoter;
import io.millrace.metadata.QuorumRequest.RemoveVoter;
import io.millrace.metadata.QuorumRequest.Transfer;
import io.millrace.metadata.QuorumVoter;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.controller.CommandResult.TopicResult;
import io.millrace.metadata.controller.RequestOptions;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.ratis.RatisSettings.SnapshotPolicy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.retry.RetryPolicies;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
final class SeveralVotersTest {
  private static final Duration SHORT = Duration.ofMillis(200);

  /** A command has begun by then on a busy machine too, and its leader has not stepped down yet. */
  private static final Duration LONG_ENOUGH_TO_BEGIN = Duration.ofSeconds(2);

  @TempDir private Path data;

  @Test
  void oneControllerIsActiveAndAllHaveTheSameImage() {
    try (SeveralVoters voters = started(SnapshotPolicy.DEFAULT)) {
      voters.startBroker();
      TopicResult created = (TopicResult) voters.run(create("orders", 3));
      voters.awaitRevision(created.revision());

      MetadataImage image = voters.node(1).image();
      assertThat(voters.running()).allMatch(node -> node.image().equals(image));
      int controller = image.controller().nodeId();
      assertThat(voters.running().stream().map(node -> node.health().controllerId()))
          .containsOnly(controller);
      assertThat(voters.running().stream().filter(node -> node.health().state() == State.ACTIVE))
          .hasSize(1);
      Refused refused =
          (Refused) voters.node(other(controller)).submit(create("x", 1), SHORT).join();
      assertThat(refused.error().code()).isEqualTo(ErrorCode.NOT_CONTROLLER);
      assertThat(refused.error().details()).containsEntry("controller_id", "" + controller);
      assertThat(voters.faults()).allMatch(told -> told.faults().isEmpty());
    }
  }

  /** Not only with the next heartbeat, which comes half a second after the entry itself. */
  @Test
  void allHaveAnEntrySoonAfterItIsCommitted() {
    try (SeveralVoters voters = started(SnapshotPolicy.DEFAULT)) {
      voters.startBroker();
      Duration quickest = SeveralVoters.PATIENCE;
      for (int i = 0; i < 10; i++) {
        TopicResult created = (TopicResult) voters.run(create("topic-" + i, 1));
        long committed = System.nanoTime();
        voters.awaitRevision(created.revision());
        Duration took = Duration.ofNanos(System.nanoTime() - committed);
        quickest = took.compareTo(quickest) < 0 ? took : quickest;
      }
      assertThat(quickest).isLessThan(Duration.ofMillis(250));
    }
  }

  /** The entry is still on its way to it when the other two commit it. */
  @Test
  void theSlowestHasAnEntrySoonAfterItHasAnswered() {
    try (SeveralVoters voters = started(SnapshotPolicy.DEFAULT)) {
      voters.startBroker();
      int slowest = other(voters.awaitController());
      Duration quickest = SeveralVoters.PATIENCE;
      for (int i = 0; i < 10; i++) {
        TopicResult created;
        try (HeldAnswers held = new HeldAnswers(voters.voter(slowest))) {
          created = (TopicResult) voters.run(create("topic-" + i, 1));
          held.awaitFirst();
        }
        long answered = System.nanoTime();
        voters.awaitRevision(created.revision());
        Duration took = Duration.ofNanos(System.nanoTime() - answered);
        quickest = took.compareTo(quickest) < 0 ? took : quickest;
      }
      assertThat(quickest).isLessThan(Duration.ofMillis(250));
    }
  }

  /** Trap 4: what was proposed when the leader lost its quorum is not answered as done. */
  @Test
  void withoutAMajorityNothingIsAcknowledgedAndNothingAcknowledgedIsLost() {
    try (SeveralVoters voters = started(SnapshotPolicy.DEFAULT)) {
      voters.startBroker();
      TopicResult kept = (TopicResult) voters.run(create("kept", 1));
      voters.awaitRevision(kept.revision());
      int neverBegun = 0;
      int controller = voters.awaitController();
      Refused refused = refusedAlone(voters, controller, "maybe-0");
      while (refused.error().code() != ErrorCode.OUTCOME_UNKNOWN && ++neverBegun < 5) {
        // On a busy machine a leader may step down while the others stop.
        others(controller).forEach(voters::start);
        controller = voters.awaitController();
        refused = refusedAlone(voters, controller, "maybe-" + neverBegun);
      }
      assertThat(refused.error().code()).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
      RatisMetadataQuorum alone = voters.node(controller);
      Awaitility.await().atMost(SeveralVoters.PATIENCE).until(() -> !alone.isActiveController());
      assertThat(alone.health().ready()).isFalse();

      others(controller).forEach(voters::start);
      TopicResult later = (TopicResult) voters.run(create("later", 1));
      voters.awaitRevision(later.revision());
      assertThat(voters.running())
          .allMatch(node -> node.image().topic("kept").isPresent())
          .allMatch(node -> node.image().equals(voters.node(1).image()));
      assertThat(IntStream.range(0, neverBegun).mapToObj(i -> "maybe-" + i))
          .allMatch(topic -> voters.node(1).image().topic(topic).isEmpty());
    }
  }

  /** What a controller says of a new topic once the other two have stopped. */
  private static Refused refusedAlone(SeveralVoters voters, int controller, String topic) {
    others(controller).forEach(voters::stop);
    return (Refused) voters.node(controller).submit(create(topic, 1), LONG_ENOUGH_TO_BEGIN).join();
  }

  private static List<Integer> others(int controller) {
    return IntStream.of(1, 2, 3).filter(node -> node != controller).boxed().toList();
  }

  @Test
  void anotherControllerTakesOverAndTheOneThatComesBackFollows() {
    try (SeveralVoters voters = started(SnapshotPolicy.DEFAULT)) {
      voters.startBroker();
      voters.run(create("before", 1));
      int first = voters.awaitController();
      long epoch = voters.node(first).image().controller().epoch();
      voters.stop(first);

      TopicResult after = (TopicResult) voters.run(create("after", 1));
      int second = voters.awaitController();
      assertThat(second).isNotEqualTo(first);
      assertThat(voters.node(second).image().controller().epoch()).isGreaterThan(epoch);
      assertThat(voters.node(second).image().topic("before")).isPresent();

      voters.start(first);
      voters.awaitRevision(after.revision());
      Awaitility.await()
          .atMost(SeveralVoters.PATIENCE)
          .until(() -> voters.node(first).health().state() == State.FOLLOWING);
      assertThat(voters.node(first).health().controllerId()).isEqualTo(second);
    }
  }

  /** The snapshot that Ratis installs is checked as it is loaded, and synced. */
  @Test
  void followerThatIsFarBehindGetsASnapshot() throws Exception {
    try (SeveralVoters voters = started(new SnapshotPolicy(5, 1L << 30, 16 << 10))) {
      voters.startBroker();
      int behind = other(voters.awaitController());
      voters.stop(behind);
      for (int i = 0; i < 30; i++) { // More than a segment, so that it can be cut.
        assertThat(voters.run(create("t" + i, 100))).isInstanceOf(TopicResult.class);
      }
      int controller = voters.awaitController();
      Awaitility.await()
          .atMost(SeveralVoters.PATIENCE)
          .until(
              () -> {
                voters.run(create("x" + voters.node(controller).image().revision(), 1));
                return !firstSegmentIsThere(voters.directory(controller));
              });
      TopicResult last = (TopicResult) voters.run(create("last", 1));

      voters.start(behind);
      voters.awaitRevision(last.revision());
      assertThat(voters.node(behind).image()).isEqualTo(voters.node(controller).image());
      assertThat(firstSegmentIsThere(voters.directory(behind))).isFalse();
      assertThat(voters.faults()).allMatch(told -> told.faults().isEmpty());
    }
  }

  /** Trap 8: one voter at a time, and a new one has no members of its own until it is added. */
  @Test
  void voterThatLostItsDiskIsReplacedAndCanLead() {
    try (SeveralVoters voters = started(SnapshotPolicy.DEFAULT)) {
      voters.startBroker();
      voters.run(create("kept", 1));
      int controller = voters.awaitController();
      int lost = other(controller);
      QuorumVoter before = voters.voter(lost);
      voters.loseDisk(lost);
      QuorumVoter after = voters.voter(lost);
      voters.start(lost);

      // What is meant for the voter that is lost does not reach this one, at the same address.
      Awaitility.await()
          .atMost(SeveralVoters.PATIENCE)
          .until(() -> voters.silentMs(before.directoryId()) > 3_000);
      assertThat(voters.node(lost).image().revision()).isZero();

      assertRefused(
          voters.administer(new AddVoter(after)),
          "is a voter with the directory " + before.directoryId());
      Described removed =
          described(voters.administer(new RemoveVoter(lost, before.directoryId(), false)));
      assertThat(removed.voters()).hasSize(2);
      Described added = described(voters.administer(new AddVoter(after)));
      assertThat(added.voters()).anyMatch(voter -> voter.directoryId().equals(after.directoryId()));
      voters.awaitRevision(voters.node(controller).image().revision());
      assertThat(voters.node(lost).image().topic("kept")).isPresent();

      Described transferred = described(voters.administer(new Transfer(lost)));
      assertThat(transferred.controllerId()).isEqualTo(lost);
      assertThat(transferred.voters()).extracting(voter -> voter.lagEntries()).contains(0L, -1L);
      Awaitility.await()
          .atMost(SeveralVoters.PATIENCE)
          .until(() -> voters.node(lost).isActiveController());
      assertThat(voters.run(create("later", 1))).isInstanceOf(TopicResult.class);
      assertThat(voters.faults()).allMatch(told -> told.faults().isEmpty());
    }
  }

  @Test
  void voterThatIsRemovedEndsAndSaysWhy() {
    try (SeveralVoters voters = started(SnapshotPolicy.DEFAULT)) {
      voters.startBroker();
      int removed = other(voters.awaitController());
      QuorumVoter voter = voters.voter(removed);
      assertThat(voters.administer(new RemoveVoter(removed, voter.directoryId(), false)))
          .isInstanceOf(Described.class);
      assertEndedAsRemoved(voters);
      assertThat(voters.run(create("later", 1))).isInstanceOf(TopicResult.class);
    }
  }

  /** The change of members never reaches it; the others tell it when it stands for election. */
  @Test
  void voterThatWasRemovedWhileItWasAwayEndsAndSaysWhy() {
    try (SeveralVoters voters = started(SnapshotPolicy.DEFAULT)) {
      int removed = other(voters.awaitController());
      UUID directoryId = voters.voter(removed).directoryId();
      voters.stop(removed);
      assertThat(voters.administer(new RemoveVoter(removed, directoryId, false)))
          .isInstanceOf(Described.class);
      voters.start(removed);
      assertEndedAsRemoved(voters);
    }
  }

  private static void assertEndedAsRemoved(SeveralVoters voters) {
    Awaitility.await()
        .atMost(SeveralVoters.PATIENCE)
        .until(() -> voters.faults().stream().anyMatch(told -> !told.faults().isEmpty()));
    assertThat(voters.faults().stream().flatMap(told -> told.faults().stream()))
        .singleElement()
        .asString()
        .contains("it was removed from the metadata quorum");
  }

  @Test
  void changeThatWouldStopTheQuorumIsRefused() {
    try (SeveralVoters voters = started(SnapshotPolicy.DEFAULT)) {
      int controller = voters.awaitController();
      assertRefused(
          voters.administer(
              new RemoveVoter(controller, voters.voter(controller).directoryId(), false)),
          "transfer the leadership first");
      assertRefused(voters.administer(new RemoveVoter(9, new UUID(1, 1), false)), "is no voter");
      assertRefused(voters.administer(new Transfer(9)), "node 9 is no voter");
      assertThat(
              voters
                  .node(other(controller))
                  .admin()
                  .administer(new QuorumRequest.Describe(), SHORT)
                  .join())
          .isInstanceOfSatisfying(
              QuorumAnswer.Refused.class,
              refused -> assertThat(refused.error().code()).isEqualTo(ErrorCode.NOT_CONTROLLER));
    }
  }

  private static Described described(QuorumAnswer answer) {
    assertThat(answer).isInstanceOf(Described.class);
    return (Described) answer;
  }

  private static void assertRefused(QuorumAnswer answer, String why) {
    assertThat(answer)
        .isInstanceOfSatisfying(
            QuorumAnswer.Refused.class,
            refused -> assertThat(refused.error().message()).contains(why));
  }

  @Test
  void quorumListenerServesVotersOnly() throws Exception {
    try (SeveralVoters voters = started(SnapshotPolicy.DEFAULT)) {
      int controller = voters.awaitController();
      long revision = voters.node(controller).image().revision();
      RatisSettings settings = voters.settings(controller);
      RaftGroupId group =
          RaftGroupId.valueOf(new MetadataStorage(new RealFileStore(), settings).groupId());
      RaftPeer peer =
          RaftPeer.newBuilder()
              .setId(settings.peerId())
              .setAddress("127.0.0.1:" + settings.port())
              .build();
      try (RaftClient stranger =
          RaftClient.newBuilder()
              .setProperties(new RaftProperties())
              .setRaftGroup(RaftGroup.valueOf(group, peer))
              .setRetryPolicy(RetryPolicies.noRetry())
              .build()) {
        assertThatThrownBy(() -> stranger.io().send(Message.valueOf("an entry")))
            .hasStackTraceContaining("PERMISSION_DENIED");
        assertThatThrownBy(() -> stranger.admin().setConfiguration(List.of(peer)))
            .hasStackTraceContaining("PERMISSION_DENIED");
      }
      assertThat(voters.node(controller).image().revision()).isEqualTo(revision);
    }
  }

  private static boolean firstSegmentIsThere(Path metadata) throws Exception {
    try (Stream<Path> files = Files.walk(metadata)) {
      return files
          .map(file -> file.getFileName().toString())
          .anyMatch(name -> name.startsWith("log_0-") || name.equals("log_inprogress_0"));
    }
  }

  private SeveralVoters started(SnapshotPolicy policy) {
    SeveralVoters voters = new SeveralVoters(data, 3, policy);
    voters.startAll();
    return voters;
  }

  private static int other(int node) {
    return node == 3 ? 1 : node + 1;
  }

  private static CreateTopic create(String name, int partitions) {
    return new CreateTopic(name, partitions, 1, Map.of(), RequestOptions.NONE);
  }
}
