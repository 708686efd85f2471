package io.millrace.bench.kafka.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class RoundsOnFakesTest {
  private static final long SELF = ProcessHandle.current().pid();

  private final FakeSide side = new FakeSide();

  @Test
  void aProduceRoundCountsTheBytesThatWereAcknowledgedInItsWindow() throws Exception {
    Fields result = ProduceRound.run(side, round().with("max.bytes", Long.MAX_VALUE));

    double bytesPerSecond = result.real("mb_per_s") * (1 << 20);
    assertThat(bytesPerSecond / result.real("records_per_s")).isBetween(99.9, 100.1);
    assertThat(result.real("client_cpu_s_per_gb")).isPositive();
    assertThat(result.real("broker_rss")).isPositive();
    assertThat(side.open()).isZero();
  }

  @Test
  void aRecordThatFailsEndsTheRound() {
    side.failAfter(1_000);

    assertThatThrownBy(() -> ProduceRound.run(side, round().with("max.bytes", Long.MAX_VALUE)))
        .hasMessageContaining("refused by the fake");
    assertThat(side.open()).isZero();
  }

  @Test
  void aRoundThatReachesItsBoundOfBytesFails() {
    assertThatThrownBy(() -> ProduceRound.run(side, round().with("max.bytes", 1_000)))
        .hasMessageContaining("more than 1000 bytes");
  }

  @Test
  void aConsumeRoundReadsEachPartitionAgainFromItsBeginning() throws Exception {
    Fields result = ConsumeRound.run(side, round().with("partitions", 2));

    assertThat(result.real("records_per_s")).isPositive();
    assertThat(side.rewinds()).isGreaterThan(2);
    assertThat(side.open()).isZero();
  }

  @Test
  void aLatencyRoundTimesTheReceiptsToo() throws Exception {
    Fields result =
        LatencyRound.run(
            side,
            round().with("rate", 2_000).with("partitions", 1).with("max.bytes", Long.MAX_VALUE));

    assertThat(result.real("end_to_end_p99_ms")).isPositive();
    assertThat(side.open()).isZero();
  }

  @Test
  void brokersAreAwaited() throws Exception {
    AwaitBrokers.run(side, Fields.none().with("brokers", 3));

    assertThat(side.brokers()).isGreaterThan(3);
  }

  private static Fields round() {
    return Fields.none()
        .with("topic", "any")
        .with("records", "random:100")
        .with("ramp", 20)
        .with("ramp.bytes", 0)
        .with("window", 300)
        .with("brokers", SELF)
        .with("idle", SELF);
  }
}
