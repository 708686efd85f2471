package io.millrace.broker.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class NotedOffsetTest {
  private final NotedOffset noted = new NotedOffset(0);

  /** The offset was read before the cut, and is noted after it: then the cut must wait for it. */
  @Test
  void anOffsetFromBeforeACutIsNeverNotedBehindItsBack() throws Exception {
    CompletableFuture<Boolean> low = new CompletableFuture<>();
    Thread cut = new Thread(() -> low.complete(noted.lower(3)));

    long allowed =
        noted.note(
            () -> {
              cut.start();
              Awaitility.await()
                  .pollDelay(java.time.Duration.ZERO)
                  .until(() -> low.isDone() || cut.getState() == Thread.State.BLOCKED);
              return 10;
            });

    assertThat(allowed > 3 && low.get())
        .as("noted %d after it was said that nothing above 3 is", allowed)
        .isFalse();
  }

  @Test
  void nothingAboveACutThatIsToComeIsNoted() {
    assertThat(noted.note(() -> 10)).isEqualTo(10);
    assertThat(noted.lower(3)).isFalse();

    assertThat(noted.note(() -> 10)).isEqualTo(3);
    noted.written(3);
    assertThat(noted.lower(3)).isTrue();

    noted.lift();
    assertThat(noted.note(() -> 10)).isEqualTo(10);
  }
}
