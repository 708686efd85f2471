package io.millrace.bench.kafka;

import io.millrace.bench.kafka.load.Fields;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/** Medians of rounds, and of what pairs of rounds have to each other. */
final class Statistics {
  private Statistics() {}

  /** The middle one, or the mean of the two; empty of no values. */
  static OptionalDouble median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    if (sorted.length == 0) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2);
  }

  /** The median of one figure over rounds; empty unless all of them have it. */
  static OptionalDouble median(List<Fields> rounds, String figure) {
    if (!rounds.stream().allMatch(round -> round.has(figure))) {
      return OptionalDouble.empty();
    }
    return median(rounds.stream().mapToDouble(round -> round.real(figure)).toArray());
  }

  /** The median of the ratios of the pairs: the second list's figure to the first's. */
  static OptionalDouble medianRatio(List<Fields> base, List<Fields> compared, String figure) {
    int pairs = Math.min(base.size(), compared.size());
    double[] ratios = new double[pairs];
    for (int i = 0; i < pairs; i++) {
      if (!base.get(i).has(figure) || !compared.get(i).has(figure)) {
        return OptionalDouble.empty();
      }
      ratios[i] = compared.get(i).real(figure) / base.get(i).real(figure);
    }
    return median(ratios);
  }

  /** The highest of one figure over rounds. */
  static OptionalDouble highest(List<Fields> rounds, String figure) {
    return rounds.stream()
        .filter(round -> round.has(figure))
        .mapToDouble(round -> round.real(figure))
        .max();
  }
}
