package io.millrace.it.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.producer.BatchOutcome.Acknowledged;
import io.millrace.common.producer.BatchSequence;
import io.millrace.common.record.RecordBatch;
import io.millrace.it.simulation.PartitionLedger.Ending;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the ledger lets pass and what it does not. */
class PartitionLedgerTest {
  private final World world =
      new World(
          SimulationSetup.draw(new SplittableRandom(1)),
          new SplittableRandom(1),
          new Plants(Optional.empty()));
  private final PartitionLedger commit = new PartitionLedger(0, true, world);
  private final PartitionLedger os = new PartitionLedger(0, false, world);

  @BeforeEach
  void addTheMachineThatTellsTheTime() {
    world.machines().add(new SimulatedMachine(world, new SplittableRandom(1)));
  }

  /** A batch of three records of an idempotent producer. */
  private SimulatedBatch batch(int order) {
    return world.batches().add(id -> new SimulatedBatch(id, 0, true, order, 3, 1_000));
  }

  private static ByteBuffer stored(SimulatedBatch batch, long baseOffset) {
    ByteBuffer bytes =
        batch.encode(new BatchSequence(1_000 + batch.producer(), 0, 3 * batch.order()));
    RecordBatch.stamp(bytes, 0, baseOffset, 0);
    return bytes;
  }

  private void append(PartitionLedger ledger, SimulatedBatch batch) {
    ledger.appended(stored(batch, ledger.endOffset()));
  }

  @Test
  void seesAGapAnOverlapAndAStranger() {
    SimulatedBatch first = batch(0);
    SimulatedBatch second = batch(1);
    append(commit, first);

    assertThatThrownBy(() -> commit.appended(stored(second, 4))).hasMessageContaining("from 3 on");
    assertThatThrownBy(() -> commit.appended(stored(second, 2))).hasMessageContaining("from 3 on");
    assertThatThrownBy(
            () -> commit.appended(stored(new SimulatedBatch(99, 0, true, 1, 3, 1_000), 3)))
        .hasMessageContaining("nobody sent");
  }

  @Test
  void seesADoubledAndAReorderedBatch() {
    SimulatedBatch first = batch(0);
    SimulatedBatch second = batch(1);
    append(commit, second);

    assertThatThrownBy(() -> append(commit, second)).hasMessageContaining("doubled");
    assertThatThrownBy(() -> append(commit, first)).hasMessageContaining("out of order");
  }

  @Test
  void seesAWrongAcknowledgement() {
    SimulatedBatch batch = batch(0);
    append(commit, batch);

    assertThatCode(() -> commit.acknowledged(batch, new Acknowledged(0, 2, -1)))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> commit.acknowledged(batch, new Acknowledged(1, 3, -1)))
        .hasMessageContaining("was told of");
    assertThatThrownBy(() -> commit.acknowledged(batch(1), new Acknowledged(-1, -1, -1)))
        .hasMessageContaining("is not in partition");
    assertThatThrownBy(() -> commit.refused(batch)).hasMessageContaining("refused for sure");
  }

  @Test
  void seesAHighWatermarkThatMovesBackOrIsNotDurable() {
    append(commit, batch(0));
    append(commit, batch(1));
    commit.stands(0, 3, 6, 3);

    assertThatThrownBy(() -> commit.stands(0, 0, 6, 3)).hasMessageContaining("moved back");
    assertThatThrownBy(() -> commit.stands(0, 6, 6, 3)).hasMessageContaining("beyond what is");
  }

  @Test
  void aReaderGetsNothingElseAndNothingAboveTheHighWatermark() {
    SimulatedBatch first = batch(0);
    SimulatedBatch second = batch(1);
    append(commit, first);
    append(commit, second);

    assertThatCode(() -> commit.fetched(4, 6, stored(second, 3))).doesNotThrowAnyException();
    assertThatThrownBy(() -> commit.fetched(3, 3, stored(second, 3)))
        .hasMessageContaining("beyond the high watermark");
    assertThatThrownBy(() -> commit.fetched(0, 6, stored(second, 0))).hasMessageContaining("where");
    assertThatThrownBy(() -> commit.fetched(0, 6, stored(second, 3)))
        .hasMessageContaining("asked for 0");
  }

  @Test
  void aDeadProcessLosesNothing() {
    append(os, batch(0));
    os.stands(0, 3, 3, 0);
    os.nodeEnded(Ending.KILLED);

    assertThatThrownBy(() -> os.recovered(0, 0, 0, true)).hasMessageContaining("at least 3");
  }

  @Test
  void aLossOfPowerLosesWhatWasNotDurableIfTheModeAllowsAndTheNodeSaysSo() {
    SimulatedBatch kept = batch(0);
    SimulatedBatch lost = batch(1);
    append(os, kept);
    append(os, lost);
    os.stands(0, 6, 6, 3);
    os.toldHighWatermark(6);
    os.acknowledged(lost, new Acknowledged(3, 5, -1));
    os.nodeEnded(Ending.POWER_LOST);

    assertThatThrownBy(() -> os.recovered(0, 0, 0, true)).hasMessageContaining("at least 3");
    assertThatThrownBy(() -> os.recovered(0, 3, 0, false)).hasMessageContaining("had seen");
    os.recovered(0, 3, 0, true);
    os.compareAndExtend(stored(kept, 0));
    os.checkAtEnd();
    assertThat(os.lostBatches()).isEqualTo(1);
  }

  @Test
  void withCommitNothingAcknowledgedIsEverLost() {
    SimulatedBatch batch = batch(0);
    append(commit, batch);
    commit.acknowledged(batch, new Acknowledged(0, 2, -1));
    commit.nodeEnded(Ending.POWER_LOST);

    assertThatThrownBy(() -> commit.recovered(0, 0, 0, true))
        .hasMessageContaining("which was acknowledged");
  }

  @Test
  void recoveryBringsBackTheSameContents() {
    append(os, batch(0));
    os.stands(0, 3, 3, 3);
    os.nodeEnded(Ending.POWER_LOST);
    os.recovered(0, 3, 3, false);

    assertThatThrownBy(() -> os.compareAndExtend(stored(batch(1), 0)))
        .hasMessageContaining("after recovery");
  }

  @Test
  void S28_aBatchThatDoesNotFollowItsProducersLastIsAGap() {
    append(os, batch(0));

    assertThatThrownBy(() -> append(os, batch(2))).hasMessageContaining("a gap (expected: 3)");
  }

  @Test
  void theLogStartNeverMovesBack() {
    append(os, batch(0));
    os.stands(3, 3, 3, 3);
    os.toldLogStart(3);

    assertThatThrownBy(() -> os.toldLogStart(0)).hasMessageContaining("is told after 3");
    os.nodeEnded(Ending.KILLED);
    assertThatThrownBy(() -> os.recovered(0, 3, 3, false)).hasMessageContaining("starts at 0");
  }

  @Test
  void S27_knowsTheFirstRecordOfATimeAndWhatIsTooYoungToGo() {
    append(os, world.batches().add(id -> new SimulatedBatch(id, 1, true, 0, 3, 1_000)));
    append(os, world.batches().add(id -> new SimulatedBatch(id, 2, true, 0, 3, 2_000)));

    assertThatCode(() -> os.foundByTime(1_500, 0, 6, 3)).doesNotThrowAnyException();
    assertThatCode(() -> os.foundByTime(1_500, 4, 6, 4)).doesNotThrowAnyException();
    assertThatCode(() -> os.foundByTime(2_500, 0, 6, -1)).doesNotThrowAnyException();
    assertThatThrownBy(() -> os.foundByTime(500, 0, 6, 3)).hasMessageContaining("expected: 0");
    assertThatCode(() -> os.expired(0, 3, 1_500)).doesNotThrowAnyException();
    assertThatThrownBy(() -> os.expired(0, 6, 1_500)).hasMessageContaining("older than 1500");
  }

  @Test
  void S28_aProducerThatMayBeForgottenMayAppendAgain() {
    SimulatedBatch first = batch(0);
    SimulatedBatch second = batch(1);
    append(os, first);
    append(os, second);
    long nowMs = world.wallMs();
    os.producersMayBeForgotten(nowMs + 50_000, 60_000);
    assertThatThrownBy(() -> append(os, first)).hasMessageContaining("out of order");

    os.producersMayBeForgotten(nowMs + 60_000, 60_000);

    assertThat(os.remembered(5)).isEmpty();
    append(os, second);
    assertThat(os.remembered(5)).hasSize(1);
    assertThatThrownBy(() -> append(os, first)).hasMessageContaining("out of order");
  }
}
