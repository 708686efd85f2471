package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.OffsetSpec;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an application is to be told of a partition's long trouble, and until when. */
class SubscriptionTest {
  private final MillraceException trouble =
      new MillraceException(ErrorCode.NOT_LEADER, "it moved away");

  private final Subscription subscription =
      new Subscription(
          new TopicPartition("orders", 0),
          OffsetSpec.offset(0),
          new Backoff(Duration.ofMillis(10), Duration.ofMillis(10), new Random(1)),
          new ReadPlace(
              new Backoff(Duration.ofMillis(10), Duration.ofMillis(10), new Random(1)), 1_000),
          new LeaderSilence(
              Duration.ofMillis(10),
              new Backoff(Duration.ofMillis(10), Duration.ofMillis(10), new Random(1))));

  @BeforeEach
  void aLongTrouble() {
    subscription.lost(1_000, trouble);
    subscription.report(trouble, 2_000);
  }

  @Test
  void reportsOnceAndAgainAfterAnotherFullTimeOut() {
    assertThat(subscription.report()).hasValue(trouble);
    assertThat(subscription.troubledMs(2_500)).isEqualTo(500);

    subscription.reported(new MillraceException(ErrorCode.NOT_LEADER, "of another partition"));
    assertThat(subscription.report()).hasValue(trouble);
    subscription.reported(trouble);
    assertThat(subscription.report()).isEmpty();
  }

  @Test
  void reportsNothingThatIsOver() {
    subscription.healthy();

    assertThat(subscription.report()).isEmpty();
    assertThat(subscription.troubledMs(9_000)).isZero();
  }

  @Test
  void reportsNothingOfThePlaceThatItWasMovedFrom() {
    subscription.moveTo(OffsetSpec.offset(7));

    assertThat(subscription.report()).isEmpty();
  }

  /** A broker that is behind tells of the topic as it was before partitions were added. */
  @Test
  void isNotLedElsewhereByABrokerThatTellsOfFewerPartitions() {
    assertThat(subscription.isLedElsewhere(new TopicView("orders", new UUID(1, 2), List.of())))
        .isFalse();
  }
}
