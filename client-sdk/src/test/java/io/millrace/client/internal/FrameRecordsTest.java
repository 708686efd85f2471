package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class FrameRecordsTest {
  private final FrameRecords frames = new FrameRecords();

  /** Frame n has n records. */
  private void send(int count) {
    for (int id = 1; id <= count; id++) {
      frames.sent(id, id);
    }
  }

  @Test
  void knowsEveryFrameUpToItsBound() {
    send(FrameRecords.FRAMES_MAX);
    for (int id = 1; id <= FrameRecords.FRAMES_MAX; id++) {
      assertThat(frames.refused(id)).isEqualTo(id);
    }
  }

  @Test
  void knowsTheLastFramesBeyondIt() {
    send(FrameRecords.FRAMES_MAX + 10);
    assertThat(frames.refused(10)).as("not known any more: at least one").isEqualTo(1);
    assertThat(frames.refused(11)).isEqualTo(11);
    assertThat(frames.refused(FrameRecords.FRAMES_MAX + 10))
        .isEqualTo(FrameRecords.FRAMES_MAX + 10);
  }

  @Test
  void countsAFrameOnce() {
    send(3);
    assertThat(frames.refused(3)).isEqualTo(3);
    assertThat(frames.refused(3)).isZero();
    assertThat(frames.refused(4)).as("never sent").isEqualTo(1);
  }

  @Test
  void refusesAFrameOutOfTurn() {
    assertThatThrownBy(() -> frames.sent(2, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("frame: 2 (expected: 1)");
  }
}
