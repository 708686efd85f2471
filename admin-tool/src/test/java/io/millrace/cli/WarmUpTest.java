package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class WarmUpTest {
  /** If one did not, the launcher would go without the archive, and nobody would notice. */
  @Test
  void allCommandsOfTheWarmUpEndAsTheyShould() throws IOException {
    assertThat(WarmUp.runAll()).isZero();
  }
}
