package io.millrace.common.config;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Finds the name that was probably meant. */
public final class NearestName {
  private NearestName() {}

  /**
   * The known name with the fewest edits (insert, delete, replace, swap of neighbours) from the
   * given one, if they are at most a third of its length; else one that holds the given name as a
   * part or is a part of it.
   */
  public static Optional<String> of(String name, List<String> known) {
    int bound = Math.max(1, name.length() / 3);
    Optional<String> nearest = known.stream().min(Comparator.comparingInt(k -> edits(name, k)));
    if (nearest.isPresent() && edits(name, nearest.get()) <= bound) {
      return nearest;
    }
    return known.stream()
        .filter(k -> name.length() >= 4 && (k.contains(name) || name.contains(k)))
        .min(Comparator.comparingInt(k -> Math.abs(k.length() - name.length())));
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
