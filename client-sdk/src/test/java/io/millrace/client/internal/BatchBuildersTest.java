package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatchBuilder;
import org.junit.jupiter.api.Test;

class BatchBuildersTest {
  private static RecordBatchBuilder ofBytes(int bytes) {
    return new RecordBatchBuilder(Compression.NONE, bytes);
  }

  @Test
  void aBuilderThatOneLargeRecordHasGrownIsNotKeptForSmallBatches() {
    BatchBuilders builders = new BatchBuilders(Compression.NONE, 1 << 20, 10_000);
    builders.giveBack(ofBytes(10_001));
    assertThat(builders.take().capacityBytes()).isLessThan(1_000);

    builders.giveBack(ofBytes(10_000));
    assertThat(builders.take().capacityBytes()).isEqualTo(10_000);
  }
}
