package io.millrace.it.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SoakVerdictTest {
  private static final SoakVerdict.Tolerance TOLERANCE =
      new SoakVerdict.Tolerance(10, 100, 3, 5, 10);

  private static final ProcessSample USUAL = new ProcessSample(100_000, 400, 40, 50_000);

  private static List<ProcessSample> withOutlier(ProcessSample sample) {
    return List.of(sample, new ProcessSample(9_999_999, 9_999, 999, 9_999_999), sample);
  }

  @ParameterizedTest
  @CsvSource({
    "110000, 420, 43, 55000, true",
    "110001, 400, 40, 50000, false",
    "100000, 421, 40, 50000, false",
    "100000, 379, 40, 50000, false",
    "100000, 400, 44, 50000, false",
    "100000, 400, 36, 50000, false",
    "100000, 400, 40, 55001, false",
    "50000, 400, 40, 20000, true",
  })
  void comparesTheMediansOfTwoWindows(
      long resident, long descriptors, long threads, long direct, boolean passes) {
    SoakVerdict verdict = new SoakVerdict(TOLERANCE);
    ProcessSample end = new ProcessSample(resident, descriptors, threads, direct);

    verdict.compare("broker", withOutlier(USUAL), withOutlier(end));

    assertThat(verdict.passes()).isEqualTo(passes);
    assertThat(verdict.toString().contains("TOO MUCH")).isEqualTo(!passes);
  }

  @ParameterizedTest
  @CsvSource({"1000, 1100, true", "1000, 1101, false", "10, 110, true", "10, 111, false"})
  void comparesWhatIsLeftOnTheHeap(long before, long after, boolean passes) {
    SoakVerdict verdict = new SoakVerdict(TOLERANCE);
    verdict.compareHeap("load", before, after);
    assertThat(verdict.passes()).isEqualTo(passes);
  }

  @Test
  void takesTheTotalOfAHistogramForTheLiveHeap() {
    assertThat(LiveHeap.parseKb("  2:  34232  821568  java.lang.String\nTotal  90000  2048000\n"))
        .isEqualTo(2_000);
  }

  @Test
  void looksAtMinutesFiveToSevenAndTheLastTwoOrTheSameShareOfLess() {
    SoakPlan full = new SoakPlan(Duration.ofMinutes(30));
    assertThat(full.baselineStart()).isEqualTo(Duration.ofMinutes(5));
    assertThat(full.window()).isEqualTo(Duration.ofMinutes(2));
    assertThat(full.finalStart()).isEqualTo(Duration.ofMinutes(28));
    assertThat(full.sampleInterval()).isEqualTo(Duration.ofSeconds(15));
    assertThat(new SoakPlan(Duration.ofHours(2)).baselineStart()).isEqualTo(Duration.ofMinutes(5));

    SoakPlan two = new SoakPlan(Duration.ofMinutes(2));
    assertThat(two.baselineStart()).isEqualTo(Duration.ofSeconds(20));
    assertThat(two.window()).isEqualTo(Duration.ofSeconds(8));
    assertThat(two.sampleInterval()).isEqualTo(Duration.ofSeconds(1));
  }
}
