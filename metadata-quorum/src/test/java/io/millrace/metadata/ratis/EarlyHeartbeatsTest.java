package io.millrace.metadata.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EarlyHeartbeatsTest {
  private final EarlyHeartbeats early = new EarlyHeartbeats();
  private boolean due;
  private int sent;

  /** As Ratis's appender: it notifies itself of a heartbeat that was not due already. */
  private void trigger(long committed) {
    if (!due) {
      due = true;
      sent++;
      tell(committed);
    }
  }

  private void tell(long committed) {
    early.tell(committed, () -> trigger(committed));
  }

  private void tellAndSend(long committed) {
    tell(committed);
    due = false;
  }

  @Test
  void followerIsToldAnIndexThreeTimesAndNotOftener() {
    for (int i = 0; i < 10; i++) {
      tellAndSend(7);
    }
    assertThat(sent).isEqualTo(3);
  }

  @Test
  void heartbeatThatIsDueAlreadyIsNotCounted() {
    for (int i = 0; i < 10; i++) {
      tell(7);
    }
    due = false;
    tellAndSend(7);
    tellAndSend(7);
    tellAndSend(7);
    assertThat(sent).isEqualTo(3);
  }

  @Test
  void nextIndexIsToldAsOften() {
    for (int i = 0; i < 10; i++) {
      tellAndSend(7);
    }
    for (int i = 0; i < 10; i++) {
      tellAndSend(8);
    }
    assertThat(sent).isEqualTo(6);
  }
}
