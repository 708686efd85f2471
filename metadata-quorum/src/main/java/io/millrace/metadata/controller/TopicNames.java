package io.millrace.metadata.controller;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.config.NearestName;
import io.millrace.metadata.image.MetadataImage;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a topic may be called, and what an unknown one was probably meant to be. */
public final class TopicNames {
  /** The most characters of a name: it is part of a directory's name. */
  public static final int MAX_CHARS = 249;

  private static final String EXPECTED =
      "1 to " + MAX_CHARS + " characters of [a-zA-Z0-9._-], not . or ..";

  /** Beyond these, looking for the nearest name would hold the controller up. */
  private static final int MAX_TOPICS_COMPARED = 500;

  private static final int MAX_CHARS_COMPARED = 64;

  private TopicNames() {}

  /** What is wrong with a new topic's name, if anything. */
  public static Optional<MillraceError> check(String name) {
    boolean good =
        !name.isEmpty()
            && name.length() <= MAX_CHARS
            && name.chars().allMatch(TopicNames::allowed)
            && !name.equals(".")
            && !name.equals("..");
    return good ? Optional.empty() : Optional.of(invalid(name));
  }

  /** A topic does not exist; names the nearest that does, if there is one. */
  static MillraceError unknown(MetadataImage image, String name) {
    Optional<String> nearest = nearest(image, name);
    String shown = shown(name);
    return new MillraceError(
        ErrorCode.UNKNOWN_TOPIC,
        "there is no topic "
            + shown
            + nearest.map(known -> "; did you mean " + known + "?").orElse(""),
        nearest
            .map(known -> Map.of("topic", shown, "nearest", known))
            .orElse(Map.of("topic", shown)));
  }

  private static Optional<String> nearest(MetadataImage image, String name) {
    if (name.length() > MAX_CHARS_COMPARED
        || image.topics().idsByName().size() > MAX_TOPICS_COMPARED) {
      return Optional.empty();
    }
    List<String> candidates =
        image.topics().idsByName().keySet().stream()
            .filter(known -> known.length() <= MAX_CHARS_COMPARED)
            .toList();
    return NearestName.of(name, candidates);
  }

  private static MillraceError invalid(String name) {
    return new MillraceError(
        ErrorCode.INVALID_TOPIC_NAME,
        "topic name: "
            + (name.length() > MAX_CHARS ? name.length() + " characters" : "\"" + shown(name) + '"')
            + " (expected: "
            + EXPECTED
            + ")",
        Map.of("topic", shown(name), "expected", EXPECTED));
  }

  /** The name as a message may carry it: bounded, and without control characters. */
  private static String shown(String name) {
    String bounded = name.length() > MAX_CHARS ? name.substring(0, MAX_CHARS) + "…" : name;
    return bounded.replaceAll("\\p{Cntrl}", "?");
  }

  private static boolean allowed(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '.'
        || c == '_'
        || c == '-';
  }
}
