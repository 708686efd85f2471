package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FreePortsTest {
  @Test
  void whatWasDrawnIsFreeAndIsDrawnByNobodyElse() {
    int first = FreePorts.inARow(4);
    assertThat(FreePorts.areFree(first, 4)).isTrue();
    assertThat(FreePorts.hold(first - 1, 2)).isFalse();
    assertThat(FreePorts.hold(first + 3, 2)).isFalse();
  }
}
