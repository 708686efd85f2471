package io.millrace.bench.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.bench.kafka.load.Fields;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class StatisticsTest {
  @Test
  void theMedianIsTheMiddleValueOrTheMeanOfTheTwoInTheMiddle() {
    assertThat(Statistics.median(new double[] {9, 1, 3})).hasValue(3);
    assertThat(Statistics.median(new double[] {9, 1, 3, 5})).hasValue(4);
    assertThat(Statistics.median(new double[0])).isEmpty();
  }

  @Test
  void aRatioIsTheMedianOfThePairsAndNotTheRatioOfTheMedians() {
    List<Fields> base = rounds(100, 10, 1);
    List<Fields> compared = rounds(200, 40, 3);

    assertThat(Statistics.medianRatio(base, compared, "figure")).hasValue(3);
  }

  @Test
  void aSideThatDidFewerRoundsLeavesPairsOut() {
    assertThat(Statistics.medianRatio(rounds(1, 2), rounds(5), "figure")).hasValue(5);
  }

  @Test
  void aFigureThatARoundDoesNotHaveHasNoMedian() {
    List<Fields> rounds = List.of(Fields.none().with("figure", 1), Fields.none());

    assertThat(Statistics.median(rounds, "figure")).isEmpty();
    assertThat(Statistics.medianRatio(rounds, rounds, "figure")).isEmpty();
    assertThat(Statistics.highest(rounds, "figure")).hasValue(1);
  }

  private static List<Fields> rounds(double... values) {
    return DoubleStream.of(values).mapToObj(value -> Fields.none().with("figure", value)).toList();
  }
}
