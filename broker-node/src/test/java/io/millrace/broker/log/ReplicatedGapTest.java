package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.ErrorCode;
import io.millrace.common.record.EmptyBatches;
import io.millrace.common.record.RecordBatch;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** S25, S32: what compaction removed at the leader reaches a follower that was behind. */
class ReplicatedGapTest {
  private final TestLog test = new TestLog(LogConfig.DEFAULT);

  private void startWith(int records) {
    for (int i = 0; i < records; i++) {
      test.append("v" + i);
    }
  }

  private RecordBatch header(ByteBuffer batch) {
    return RecordBatch.at(batch, 0);
  }

  @Test
  void S32_ofAGapThatBeginsBelowTheLogEndThePartThatIsMissingIsAppended() {
    startWith(5);
    ByteBuffer gap = EmptyBatches.gap(2, 9, 0);

    assertThat(test.log.whyNotNext(header(gap), 0)).isEmpty();
    test.log.appendReplicated(gap);

    assertThat(test.log.logEndOffset()).isEqualTo(10);
    assertThat(test.values(0)).containsExactly("v0", "v1", "v2", "v3", "v4");
    LogRead read = test.log.snapshot().read(7, 1, Long.MAX_VALUE, true);
    assertThat(read.firstOffset()).isEqualTo(5);
    assertThat(read.nextOffset()).isEqualTo(10);
    assertThat(RecordBatch.at(read.records(), 0).leaderEpoch()).isZero();
  }

  @Test
  void S25_noBatchMayBeginAboveTheLogEndAndOnlyAGapBelowIt() {
    startWith(5);
    ByteBuffer skipping = TestLog.stamped(7, 0, TestLog.batch(1, "x"));
    ByteBuffer skippingGap = EmptyBatches.gap(6, 9, 0);
    ByteBuffer overlapping = TestLog.stamped(4, 0, TestLog.batch(1, "x", "y"));
    ByteBuffer known = EmptyBatches.gap(2, 4, 0);

    for (ByteBuffer bad : new ByteBuffer[] {skipping, skippingGap, overlapping, known}) {
      assertThat(test.log.whyNotNext(header(bad), 0))
          .hasValueSatisfying(why -> assertThat(why.code()).isEqualTo(ErrorCode.CORRUPT_BATCH));
      assertThatThrownBy(() -> test.log.appendReplicated(bad))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(test.log.logEndOffset()).isEqualTo(5);
  }
}
