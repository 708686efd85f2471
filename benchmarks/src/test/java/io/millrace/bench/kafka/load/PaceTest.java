package io.millrace.bench.kafka.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PaceTest {
  private long now = 1_000_000_000;
  private final Pace pace = new Pace(1_000, () -> now, nanos -> now += nanos);

  @Test
  void spreadsRecordsEvenly() {
    for (int record = 0; record < 1_000; record++) {
      pace.await();
    }

    assertThat(now).isEqualTo(1_999_000_000);
  }

  @Test
  void aRecordCountsFromItsSend() {
    assertThat(pace.await()).isEqualTo(now);
    assertThat(pace.await()).isEqualTo(now);
  }

  @Test
  void recordsThatABlockedSendHasDelayedCountFromWhenTheyWereDue() {
    pace.await();
    now += 50_000_000;

    assertThat(pace.await()).isEqualTo(1_001_000_000);
    assertThat(pace.await()).isEqualTo(1_002_000_000);
    assertThat(now).isEqualTo(1_050_000_000);
  }
}
