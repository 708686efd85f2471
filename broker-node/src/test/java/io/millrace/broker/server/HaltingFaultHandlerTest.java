package io.millrace.broker.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HaltingFaultHandlerTest {
  @Test
  void haltsTheProcessWithItsExitCodeAndLetsNothingRunOn() {
    List<Integer> codes = new ArrayList<>();
    RuntimeException thrown =
        new HaltingFaultHandler(codes::add).fatal("offset: 7 (expected: 8)", null);
    assertThat(codes).containsExactly(70);
    assertThat(thrown).hasMessage("offset: 7 (expected: 8)");
  }
}
