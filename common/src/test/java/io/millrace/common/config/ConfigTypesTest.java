package io.millrace.common.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.ErrorCode;
import io.millrace.common.FlushMode;
import io.millrace.common.MillraceException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigTypesTest {
  @ParameterizedTest
  @CsvSource({
    "0,0",
    "65536,65536",
    "64KB,65536",
    "64 kb,65536",
    "1MB,1048576",
    "2GB,2147483648",
    "1TB,1099511627776",
    "1KiB,1024",
    "12B,12",
    "-1,-1"
  })
  void readsSizesWithAndWithoutUnits(String text, long bytes) {
    assertThat(ConfigTypes.SIZE.parse(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource({
    "250,250",
    "250ms,250",
    "5s,5000",
    "2min,120000",
    "2m,120000",
    "1h,3600000",
    "7d,604800000"
  })
  void readsDurationsWithAndWithoutUnits(String text, long ms) {
    assertThat(ConfigTypes.DURATION.parse(text)).isEqualTo(ms);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "x", "1XB", "1.5MB", "9223372036854775807KB", "99999999999999999999", "KB"})
  void refusesWhatIsNoSize(String text) {
    ConfigKey<Long> key = ConfigKey.of("a.size", ConfigTypes.SIZE, 1L, "A size.");
    assertThatThrownBy(() -> key.parse(text))
        .isInstanceOf(MillraceException.class)
        .hasMessageContaining("a.size: " + text + " (expected: bytes");
  }

  @Test
  void refusesABufferSizeThatFitsNoInt() {
    ConfigKey<Integer> key = ConfigKey.of("a.buffer", ConfigTypes.BUFFER_SIZE, 1, "A buffer.");
    assertThat(key.parse("1GB")).isEqualTo(1 << 30);
    assertThatThrownBy(() -> key.parse("2GB")).hasMessageContaining("2GB");
  }

  @Test
  void readsListsChoicesAndBooleans() {
    ConfigType<FlushMode> modes = ConfigTypes.oneOf(FlushMode.class, FlushMode::configName);
    assertThat(modes.list().parse(" os , COMMIT")).containsExactly(FlushMode.OS, FlushMode.COMMIT);
    assertThat(modes.list().render(List.of(FlushMode.OS, FlushMode.COMMIT))).isEqualTo("os,commit");
    assertThat(modes.list().parse(" ")).isEmpty();
    assertThat(ConfigTypes.BOOLEAN.parse("True")).isTrue();
    ConfigKey<FlushMode> key = ConfigKey.of("mode", modes, FlushMode.OS, "A mode.");
    assertThatThrownBy(() -> key.parse("never"))
        .hasMessageContaining("mode: never (expected: one of os, commit)");
    ConfigKey<Boolean> flag = ConfigKey.of("flag", ConfigTypes.BOOLEAN, true, "A flag.");
    assertThatThrownBy(() -> flag.parse("yes")).hasMessageContaining("true or false");
  }

  @Test
  void refusesValuesOutOfBoundsAndNamesTheBounds() {
    ConfigKey<Integer> key = ConfigKey.of("n", ConfigTypes.INT, 5, "A number.").between(1, 10);
    assertThat(key.parse(" 10 ")).isEqualTo(10);
    assertThatThrownBy(() -> key.parse("11"))
        .hasMessageContaining("n: 11 (expected: a whole number, 1 to 10)")
        .extracting(e -> ((MillraceException) e).code())
        .isEqualTo(ErrorCode.INVALID_CONFIG);
    assertThatThrownBy(() -> key.parse("0")).hasMessageContaining("n: 0");
  }

  @Test
  void refusesAKeyWhoseDefaultIsOutOfItsBounds() {
    ConfigKey<Integer> key = ConfigKey.of("n", ConfigTypes.INT, 5, "A number.");
    assertThatThrownBy(() -> key.atLeast(6)).isInstanceOf(IllegalArgumentException.class);
  }
}
