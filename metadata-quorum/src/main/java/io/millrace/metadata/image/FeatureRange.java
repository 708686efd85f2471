package io.millrace.metadata.image;

/**
 * The feature levels that a node can run at.
 *
 * @param min the lowest, at least 1
 * @param max the highest, at least {@code min}
 */
public record FeatureRange(int min, int max) {
  /** What this version of the software can run at. */
  public static final FeatureRange SUPPORTED = new FeatureRange(1, 1);

  public FeatureRange {
    if (min < 1 || max < min) {
      throw new IllegalArgumentException(
          "feature levels: [" + min + ", " + max + "] (expected: 1 <= min <= max)");
    }
  }

  /** Whether the level is in the range. */
  public boolean contains(int level) {
    return level >= min && level <= max;
  }
}
