package io.millrace.bench.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class OptionsTest {
  @Test
  void laterOptionsOverrideTheQuickOnes() {
    Options options = parse("--quick", "--pairs", "7", "--kafka-tuned", "batch.size=1,linger.ms=2");

    assertThat(options.pairs).isEqualTo(7);
    assertThat(options.discard).isEqualTo(1);
    assertThat(options.kafkaTuned).isEqualTo(Map.of("batch.size", "1", "linger.ms", "2"));
  }

  @Test
  void saysWhatWasExpected() {
    assertThatThrownBy(() -> parse("--pairs", "none")).hasMessageContaining("expected: a number");
    assertThatThrownBy(() -> parse("--pairs", "0")).hasMessageContaining("at least 1");
    assertThatThrownBy(() -> parse("--pairs")).hasMessageContaining("needs a value");
    assertThatThrownBy(() -> parse("--fast", "1")).hasMessageContaining("unknown option --fast");
    assertThatThrownBy(() -> parse("--kafka-tuned", "x")).hasMessageContaining("KEY=VALUE");
  }

  private static Options parse(String... arguments) {
    return Options.parse(arguments);
  }
}
