package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TopicTurnsTest {
  private final TopicTurns turns = new TopicTurns(new SplittableRandom(1));

  @Test
  void keepsTheTurnsOfTopicsThatAreUsedAndNotThoseOfAllThereEverWere() {
    int first = turns.of("busy").get();
    for (int i = 0; i < 100_000; i++) {
      turns.of("once " + i);
      turns.of("busy").getAndIncrement();
    }
    assertThat(turns.of("busy").get() - first).isEqualTo(100_000);
    assertThat(turns.size()).isLessThan(5_000);
  }
}
