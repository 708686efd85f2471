package io.millrace.metadata.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.file.MemoryFileStore;
import io.millrace.metadata.MetadataLog;
import io.millrace.metadata.MetadataLog.Outcome;
import io.millrace.metadata.ThrowingFaults;
import io.millrace.metadata.controller.Cluster;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.Records;
import io.millrace.metadata.ratis.Leadership.Nobodys;
import io.millrace.metadata.ratis.Leadership.Ours;
import io.millrace.metadata.ratis.Leadership.Theirs;
import io.millrace.metadata.ratis.Leadership.Unready;
import io.millrace.proto.internal.v1.MetadataEntry;
import io.millrace.proto.internal.v1.MetadataRecord;
import io.millrace.proto.internal.v1.TopicDeleted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What Ratis sees of the state machine: never an exception, never a failed future. */
final class MetadataStateMachineTest implements MetadataLog.Listener {
  private static final RaftGroupMemberId MEMBER =
      RaftGroupMemberId.valueOf(leader(1), RaftGroupId.valueOf(new UUID(0, 1)));

  private final ThrowingFaults faults = new ThrowingFaults();
  private final SnapshotFiles files = new SnapshotFiles(new MemoryFileStore(), "c1");
  private final SnapshotWriter writer =
      new SnapshotWriter(files, RatisSettings.SnapshotPolicy.DEFAULT);
  private final MetadataStateMachine machine =
      new MetadataStateMachine(writer, files, faults, this);
  private final List<MetadataDelta> told = new ArrayList<>();

  /** Which nodes were said to lead, and when that none is known. */
  private final List<String> leaders = new CopyOnWriteArrayList<>();

  private long index;

  @AfterEach
  void close() {
    machine.close();
  }

  @Test
  void entryThatHoldsTakesEffect() {
    MetadataEntry entry = Cluster.ofOneBroker().log().get(0);
    assertThat(apply(1, entry.toByteArray())).isEqualTo(Outcome.APPLIED);
    assertThat(machine.image().revision()).isEqualTo(1);
    assertThat(told).hasSize(1);
    assertThat(machine.getLastAppliedTermIndex().getIndex()).isEqualTo(1);
  }

  /** S19: an entry that a deposed controller got into a later term is void. */
  @Test
  void S19_entryOfAnotherTermIsVoid() {
    MetadataEntry entry = Cluster.ofOneBroker().log().get(0);
    assertThat(apply(2, entry.toByteArray())).isEqualTo(Outcome.VOID);
    assertThat(machine.image()).isEqualTo(MetadataImage.EMPTY);
    assertThat(machine.getLastAppliedTermIndex().getIndex()).isEqualTo(1);
    assertThat(faults.faults()).isEmpty();
  }

  @Test
  void unknownRecordIsAFaultWithAMessageAndNothingIsAppliedAfterIt() {
    MetadataRecord unknown = MetadataRecord.newBuilder().setVersion(1).build();
    assertThat(apply(1, entry(unknown))).isEqualTo(Outcome.UNKNOWN);
    assertThat(faults.faults()).hasSize(1);
    assertThat(faults.faults().get(0))
        .contains("term 1, index 1 can't be replayed")
        .contains("unknown kind")
        .contains("newer version of Millrace");

    assertThat(apply(1, Cluster.ofOneBroker().log().get(0).toByteArray()))
        .isEqualTo(Outcome.UNKNOWN);
    assertThat(machine.image()).isEqualTo(MetadataImage.EMPTY);
  }

  @Test
  void recordThatContradictsTheImageIsAFault() {
    MetadataRecord deletion =
        Records.builder()
            .setTopicDeleted(
                TopicDeleted.newBuilder()
                    .setTopicId(com.google.protobuf.ByteString.copyFrom(new byte[16])))
            .build();
    assertThat(apply(1, entry(deletion))).isEqualTo(Outcome.UNKNOWN);
    assertThat(faults.faults().get(0)).contains("expected: one that exists");
  }

  @Test
  void garbageIsAFault() {
    assertThat(apply(1, new byte[] {-1, 7, 99})).isEqualTo(Outcome.UNKNOWN);
    assertThat(faults.faults()).hasSize(1);
  }

  @Test
  void logThatCanNotBeWrittenIsAFault() {
    machine.notifyLogFailed(new IOException("No space left on device"), null);
    assertThat(faults.faults()).hasSize(1);
    assertThat(faults.faults().get(0)).contains("disk is full or failing").contains("No space");
  }

  /** Told in the other order, the loss of the old leader would stand, and nobody look again. */
  @Test
  void aLeaderThatIsFoundWhileTheLastIsLostIsToldAfterTheLoss() throws InterruptedException {
    machine.notifyLeaderChanged(MEMBER, leader(2));
    Thread found = new Thread(() -> machine.notifyLeaderChanged(MEMBER, leader(3)));
    machine.look(
        () -> {
          found.start();
          Awaitility.await()
              .until(() -> found.getState() == Thread.State.BLOCKED || leaders.contains("3"));
          return new Nobodys();
        });
    found.join();
    assertThat(leaders).containsExactly("2", "none", "3");
  }

  @Test
  void theLossOfALeaderIsToldAtTheFirstLook() {
    machine.look(Nobodys::new);
    machine.notifyLeaderChanged(MEMBER, leader(2));
    machine.look(() -> new Theirs(leader(2)));
    machine.look(Nobodys::new);
    assertThat(leaders).containsExactly("2", "none");
  }

  /** A controller that gave up an epoch which Ratis goes on leading would else never hear of it. */
  @Test
  void whatTwoLooksFindAlikeIsToldAgain() {
    machine.look(() -> new Ours(7));
    assertThat(leaders).isEmpty();
    machine.look(() -> new Ours(7));
    machine.look(() -> new Ours(8));
    machine.look(Unready::new);
    machine.look(Unready::new);
    assertThat(leaders).containsExactly("leading 7");

    machine.look(() -> new Theirs(leader(2)));
    machine.look(() -> new Theirs(leader(2)));
    machine.look(() -> new Theirs(leader(2)));
    assertThat(leaders).containsExactly("leading 7", "2", "2");
  }

  @Test
  void whatWasFoundBeforeAChangeIsNotToldAfterIt() {
    machine.look(() -> new Theirs(leader(2)));
    machine.notifyLeaderChanged(MEMBER, leader(3));
    machine.look(() -> new Theirs(leader(2)));
    assertThat(leaders).containsExactly("3");
  }

  private static RaftPeerId leader(int node) {
    return Peers.id(node, new UUID(0, node));
  }

  private static byte[] entry(MetadataRecord record) {
    return MetadataEntry.newBuilder()
        .setControllerEpoch(1)
        .addRecords(record)
        .build()
        .toByteArray();
  }

  private Outcome apply(long term, byte[] bytes) {
    LogEntryProto logged =
        LogEntryProto.newBuilder()
            .setTerm(term)
            .setIndex(++index)
            .setStateMachineLogEntry(
                StateMachineLogEntryProto.newBuilder().setLogData(ByteString.copyFrom(bytes)))
            .build();
    CompletableFuture<Message> answer =
        machine.applyTransaction(machine.startTransaction(logged, RaftPeerRole.FOLLOWER));
    assertThat(answer).isCompleted();
    return MetadataStateMachine.outcome(answer.join());
  }

  @Override
  public void onImage(MetadataImage image, MetadataDelta delta) {
    told.add(delta);
  }

  @Override
  public void onLeading(long epoch) {
    leaders.add("leading " + epoch);
  }

  @Override
  public void onNotLeading() {
    leaders.add("none");
  }

  @Override
  public void onOtherLeading(int nodeId) {
    leaders.add(Integer.toString(nodeId));
  }
}
