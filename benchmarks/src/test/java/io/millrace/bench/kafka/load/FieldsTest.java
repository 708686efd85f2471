package io.millrace.bench.kafka.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class FieldsTest {
  @Test
  void whatIsWrittenOnALineIsReadFromIt() {
    Fields fields =
        Fields.none()
            .with("text", "a=b c")
            .with("number", 7)
            .withAll("set.", Map.of("linger.ms", "5"));

    Fields read = Fields.parse(fields.line());

    assertThat(read).isEqualTo(fields);
    assertThat(read.number("number")).isEqualTo(7);
    assertThat(read.after("set.")).containsExactly(Map.entry("linger.ms", "5"));
  }

  @Test
  void aValueNeverBreaksTheLine() {
    assertThat(Fields.none().with("text", "a\tb\nc").line()).isEqualTo("text=a b c");
  }

  @Test
  void noFieldsAreAnEmptyLine() {
    assertThat(Fields.parse(Fields.none().line())).isEqualTo(Fields.none());
  }

  @Test
  void tellsWhichFieldIsMissing() {
    assertThatThrownBy(() -> Fields.none().with("a", 1).text("b"))
        .hasMessageContaining("no field b");
  }
}
