package io.millrace.broker.group.core;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How many elements a regular expression has once its counted repetitions are spelled out; never
 * less than in truth. Text that is no expression has some size, too. One use, then thrown away.
 */
final class ExpandedSize {
  /** The largest that is accepted. */
  static final long MAX = 2_000;

  private final String expression;
  private final Deque<Long> outerSizes = new ArrayDeque<>();

  /** What the group that is open has so far, without its last element. */
  private long size;

  /** The last element, which a repetition would multiply. */
  private long last;

  private int at;

  private ExpandedSize(String expression) {
    this.expression = expression;
  }

  /** The size, or any number above {@link #MAX}. */
  static long of(String expression) {
    return new ExpandedSize(expression).count();
  }

  private long count() {
    while (at < expression.length() && size + last <= MAX) {
      char c = expression.charAt(at);
      switch (c) {
        case '\\' -> escape();
        case '[' -> characterClass();
        case '(' -> open();
        case ')' -> close();
        case '{' -> repetition();
        case '*', '+', '?' -> operator();
        default -> element(1);
      }
    }
    long all = size + last;
    for (long outer : outerSizes) {
      all += outer;
    }
    return all;
  }

  private void element(int characters) {
    size += last;
    last = 1;
    at += characters;
  }

  private void operator() {
    last++;
    at++;
  }

  private void escape() {
    if (expression.startsWith("\\Q", at)) {
      int end = expression.indexOf("\\E", at + 2);
      int stop = end < 0 ? expression.length() : end;
      size += last + (stop - at);
      last = 1;
      at = end < 0 ? stop : end + 2;
    } else {
      element(Math.min(2, expression.length() - at));
    }
  }

  private void characterClass() {
    int begin = at;
    at += expression.startsWith("[^", at) ? 2 : 1;
    boolean first = true;
    while (at < expression.length() && (first || expression.charAt(at) != ']')) {
      first = false;
      int named = expression.startsWith("[:", at) ? expression.indexOf(":]", at + 2) : -1;
      if (named >= 0) {
        at = named + 2;
      } else {
        at += expression.charAt(at) == '\\' ? 2 : 1;
      }
    }
    int end = Math.min(at + 1, expression.length());
    at = begin;
    element(end - begin);
  }

  private void open() {
    outerSizes.push(size + last);
    size = 1;
    last = 0;
    at++;
  }

  private void close() {
    long group = size + last;
    size = outerSizes.isEmpty() ? 0 : outerSizes.pop();
    last = group;
    at++;
  }

  /** {@code {n}}, {@code {n,}} or {@code {n,m}}; any other brace stands for itself. */
  private void repetition() {
    int end = expression.indexOf('}', at);
    if (end < 0) {
      element(1);
      return;
    }
    long most = 0;
    for (String count : expression.substring(at + 1, end).split(",", -1)) {
      boolean number = count.length() < 10 && count.chars().allMatch(c -> c >= '0' && c <= '9');
      if (!number) {
        element(1);
        return;
      }
      most = Math.max(most, count.isEmpty() ? 0 : Long.parseLong(count));
    }
    last = last * Math.max(1, most) + 1;
    at = end + 1;
  }
}
