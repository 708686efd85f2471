package io.millrace.broker.group.core;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;

/**
 * A regular expression over names of topics. RE2's syntax, and its time linear in the name; what
 * repetitions expand to is bounded here, as the library would spell out {@code
 * ((a{1000}){1000}){1000}}.
 */
final class TopicExpression {
  /** The most characters of an expression. */
  static final int MAX_LENGTH = 1_000;

  private final Pattern pattern;

  private TopicExpression(Pattern pattern) {
    this.pattern = pattern;
  }

  /**
   * Reads an expression.
   *
   * @throws io.millrace.common.MillraceException INVALID_REGULAR_EXPRESSION if it is none, or too
   *     large
   */
  static TopicExpression of(String expression) {
    if (expression.length() > MAX_LENGTH) {
      throw invalid(
          "length of topic_regex: "
              + expression.length()
              + " (expected: at most "
              + MAX_LENGTH
              + ")");
    }
    long size = ExpandedSize.of(expression);
    if (size > ExpandedSize.MAX) {
      throw invalid(
          "topic_regex: "
              + expression
              + " (expected: repetitions that expand to at most "
              + ExpandedSize.MAX
              + " elements)");
    }
    try {
      return new TopicExpression(Pattern.compile(expression));
    } catch (PatternSyntaxException e) {
      throw invalid(
          "topic_regex: " + expression + " (expected: RE2 syntax; " + e.getDescription() + ")");
    }
  }

  /** Whether a topic's whole name matches. */
  boolean matches(TopicsView.Topic topic) {
    return !topic.internal() && pattern.matches(topic.name());
  }

  private static RuntimeException invalid(String message) {
    return new MillraceError(ErrorCode.INVALID_REGULAR_EXPRESSION, message).exception();
  }
}
