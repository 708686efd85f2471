package io.millrace.common.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class CheckpointTest {
  private static final Path PATH = Path.of("recovery-point");

  private final MemoryFileStore store = new MemoryFileStore();

  @Test
  void isWrittenInItsPublishedForm() {
    Checkpoint checkpoint = new Checkpoint("recovery-point", 1, List.of("orders-0 17", ""));
    assertThat(new String(checkpoint.encode(), StandardCharsets.UTF_8))
        .isEqualTo("millrace recovery-point 1\norders-0 17\n\ncrc32c 6b80ac6f\n");
  }

  @Test
  void isReadAsItWasWritten() throws IOException {
    Checkpoint checkpoint = new Checkpoint("k", 2, List.of("ä b", "", "c"));
    checkpoint.write(store, PATH);
    assertThat(Checkpoint.read(store, PATH, "k", 2)).contains(checkpoint);
    Checkpoint empty = new Checkpoint("k", 1, List.of());
    empty.write(store, PATH);
    assertThat(Checkpoint.read(store, PATH, "k", 2)).contains(empty);
    assertThat(Checkpoint.read(store, Path.of("missing"), "k", 1)).isEmpty();
  }

  @Test
  void refusesAnotherKindAndANewerVersion() throws IOException {
    new Checkpoint("a", 3, List.of()).write(store, PATH);
    assertThatThrownBy(() -> Checkpoint.read(store, PATH, "b", 3))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage("recovery-point: kind: a (expected: b)");
    assertThatThrownBy(() -> Checkpoint.read(store, PATH, "a", 2))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("version: 3 (expected: at most 2");
  }

  @Test
  void findsEveryFlippedBitAndEveryCut() throws IOException {
    byte[] bytes = new Checkpoint("k", 1, List.of("orders-0 17", "orders-1 4")).encode();
    for (int bit = 0; bit < bytes.length * 8; bit++) {
      byte[] damaged = bytes.clone();
      damaged[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThatThrownBy(() -> Checkpoint.decode(damaged, PATH))
          .as("bit %d", bit)
          .isInstanceOf(CorruptFileException.class);
    }
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> Checkpoint.decode(cut, PATH))
          .as("cut to %d", length)
          .isInstanceOf(CorruptFileException.class);
    }
  }

  @Test
  void refusesLinesThatWouldNotComeBackAsTheyWere() {
    assertThatThrownBy(() -> new Checkpoint("k", 1, List.of("a\nb")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Checkpoint("k", 1, List.of("a\rb")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Checkpoint("k l", 1, List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
