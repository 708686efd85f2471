package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.LogConfig;
import io.millrace.broker.replica.PartitionConfig;
import io.millrace.common.ErrorCode;
import io.millrace.common.TimestampType;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.TopicConfigs;
import io.millrace.common.record.BatchValidation;
import io.millrace.common.record.Compression;
import io.millrace.common.time.SystemClock;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** S27: the topic's bounds of timestamps around the broker's clock. */
class BatchIntakeTest {
  private static final long BOUND_MS = 600_000;

  private final SystemClock clock = new SystemClock();
  private final BatchIntake intake = new BatchIntake(clock, 1 << 20, 30_000, 30_000);

  private BatchValidation validate(TimestampType type, long awayMs) {
    EffectiveConfig topic =
        EffectiveConfig.builder(TopicConfigs.SCHEMA)
            .set(TopicConfigs.MESSAGE_TIMESTAMP_TYPE, type)
            .set(TopicConfigs.MESSAGE_TIMESTAMP_BEFORE_MAX_MS, BOUND_MS)
            .set(TopicConfigs.MESSAGE_TIMESTAMP_AFTER_MAX_MS, 2 * BOUND_MS)
            .build();
    FakeHost host =
        new FakeHost(new TopicIdPartition(UUID.randomUUID(), 0)) {
          @Override
          public PartitionConfig config() {
            return PartitionConfig.of(topic, LogConfig.DEFAULT);
          }
        };
    return intake.validate(
        host, Api.batch(Compression.NONE, clock.wallMs() + awayMs, "v").asReadOnlyByteBuffer());
  }

  private static void assertRefused(BatchValidation verdict) {
    assertThat(verdict).isInstanceOf(BatchValidation.Invalid.class);
    assertThat(((BatchValidation.Invalid) verdict).error().code())
        .isEqualTo(ErrorCode.INVALID_TIMESTAMP);
  }

  @Test
  void S27_aTimeOfTheProducerLiesWithinTheBoundsOfTheTopic() {
    assertThat(validate(TimestampType.CREATE_TIME, -BOUND_MS + 60_000))
        .isInstanceOf(BatchValidation.Valid.class);
    assertThat(validate(TimestampType.CREATE_TIME, 2 * BOUND_MS - 60_000))
        .isInstanceOf(BatchValidation.Valid.class);
    assertRefused(validate(TimestampType.CREATE_TIME, -BOUND_MS - 60_000));
    assertRefused(validate(TimestampType.CREATE_TIME, 2 * BOUND_MS + 60_000));
  }

  @Test
  void S27_whereTheLeaderSetsTheTimeTheProducersIsNotLookedAt() {
    assertThat(validate(TimestampType.LOG_APPEND_TIME, -10 * BOUND_MS))
        .isInstanceOf(BatchValidation.Valid.class);
    assertThat(validate(TimestampType.LOG_APPEND_TIME, 10 * BOUND_MS))
        .isInstanceOf(BatchValidation.Valid.class);
  }
}
