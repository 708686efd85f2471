package io.millrace.common;

/** When a produced batch is answered: {@code acks} = 0, 1 or all. */
public enum Acks {
  /** Never; only failures are reported. */
  NONE,
  /** When the leader has it: appended, or durable with {@code flush.mode=commit}. */
  LEADER,
  /** When the high watermark has passed it. */
  ALL;

  /**
   * Reads {@code 0}, {@code 1}, {@code all} or {@code -1}.
   *
   * @throws MillraceException with {@link ErrorCode#INVALID_ACKS} for anything else
   */
  public static Acks parse(String text) {
    return switch (text) {
      case "0" -> NONE;
      case "1" -> LEADER;
      case "all" -> ALL;
      default ->
          throw new MillraceException(
              ErrorCode.INVALID_ACKS, "acks: " + text + " (expected: 0, 1 or all)");
    };
  }
}
