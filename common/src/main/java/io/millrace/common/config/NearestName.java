package io.millrace.common.config;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntBiFunction;

/** Finds the name that was probably meant. */
public final class NearestName {
  private NearestName() {}

  /**
   * The known name with the fewest edits (insert, delete, replace, swap of neighbours) from the
   * given one, if they are at most a third of its length; else one whose end is that near: {@code
   * segmnt.bytes} is meant to be {@code log.segment.bytes}; else one that holds the given name as a
   * part or is a part of it.
   */
  public static Optional<String> of(String name, List<String> known) {
    return nearest(name, known, NearestName::edits)
        .or(() -> nearest(name, known, NearestName::editsToEnd))
        .or(() -> overlapping(name, known));
  }

  private static Optional<String> nearest(
      String name, List<String> known, ToIntBiFunction<String, String> distance) {
    int bound = Math.max(1, name.length() / 3);
    return known.stream()
        .min(Comparator.comparingInt(k -> distance.applyAsInt(name, k)))
        .filter(k -> distance.applyAsInt(name, k) <= bound);
  }

  private static Optional<String> overlapping(String name, List<String> known) {
    return known.stream()
        .filter(k -> name.length() >= 4 && (k.contains(name) || name.contains(k)))
        .min(Comparator.comparingInt(k -> Math.abs(k.length() - name.length())));
  }

  /** The fewest edits from a name of several parts to the last parts of another. */
  private static int editsToEnd(String name, String known) {
    int fewest = Integer.MAX_VALUE;
    for (int dot = known.indexOf('.'); dot >= 0; dot = known.indexOf('.', dot + 1)) {
      String end = known.substring(dot + 1);
      if (end.indexOf('.') >= 0) {
        fewest = Math.min(fewest, edits(name, end));
      }
    }
    return fewest;
  }

  private static int edits(String a, String b) {
    int[][] distance = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        distance[i][j] = i == 0 || j == 0 ? i + j : step(a, b, i, j, distance);
      }
    }
    return distance[a.length()][b.length()];
  }

  private static int step(String a, String b, int i, int j, int[][] distance) {
    int replace = distance[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
    int best = Math.min(replace, 1 + Math.min(distance[i - 1][j], distance[i][j - 1]));
    boolean swapped =
        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
    return swapped ? Math.min(best, 1 + distance[i - 2][j - 2]) : best;
  }
}
