package io.millrace.metadata.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.retry.RetryPolicy;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RatisPropertiesTest {
  private final RaftProperties properties =
      RatisProperties.of(
          new RatisSettings(
              "c",
              1,
              new UUID(1, 1),
              Path.of("/data"),
              "127.0.0.1",
              1,
              RatisSettings.SnapshotPolicy.DEFAULT),
          Path.of("/data"),
          false);

  /** It calls for elections else, as it hears of no leader, and its image is behind for as long. */
  @ParameterizedTest
  @ValueSource(ints = {1, 10, 11, 30, 31, 1_000, 100_000})
  void voterThatWasAwayHearsOfTheLeaderBeforeItCallsForAnElection(int failures) {
    RetryPolicy policy =
        RetryPolicy.parse(
            RaftServerConfigKeys.Log.Appender.retryPolicy(properties), "the appender's policy");
    assertThat(
            policy
                .handleAttemptFailure(() -> failures)
                .getSleepTime()
                .toLong(TimeUnit.MILLISECONDS))
        .isBetween(
            0L, RaftServerConfigKeys.Rpc.timeoutMin(properties).toLong(TimeUnit.MILLISECONDS) / 2);
  }

  @Test
  void goesOnTryingForEver() {
    RetryPolicy policy =
        RetryPolicy.parse(
            RaftServerConfigKeys.Log.Appender.retryPolicy(properties), "the appender's policy");
    assertThat(policy.handleAttemptFailure(() -> 100_000_000).shouldRetry()).isTrue();
  }

  /** With a bound of segments, every third stop of a leader after others hung while closing. */
  @Test
  void noSegmentIsDroppedFromTheCacheBecauseTheLeaderChangedOften() {
    assertThat(RaftServerConfigKeys.Log.segmentCacheNumMax(properties))
        .isEqualTo(Integer.MAX_VALUE);
  }

  /** Large entries fill it between two snapshots: by default up to 200 MB stay on the heap. */
  @Test
  void theCachedSegmentsAreBoundedByTheirBytes() {
    assertThat(RaftServerConfigKeys.Log.segmentCacheSizeMax(properties).getSize())
        .isEqualTo(64L << 20);
  }
}
