package io.millrace.broker.group.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.group.core.TopicsView.Topic;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TopicExpressionTest {
  private static Topic topic(String name) {
    return new Topic(new UUID(1, name.hashCode()), name, 1);
  }

  private static Subscription regex(String expression) {
    return new Subscription(new TreeSet<>(), expression);
  }

  @Test
  void wholeNamesMatchAndInternalTopicsNever() {
    TopicExpression expression = TopicExpression.of("_*or.*s");
    assertThat(expression.matches(topic("orders"))).isTrue();
    assertThat(expression.matches(topic("my-orders"))).isFalse();
    assertThat(expression.matches(topic("__orders"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a(",
        "[a",
        "a{2,1}",
        "(?=a)",
        "\\1",
        "((a{1000}){1000}){1000}",
        "(x{30}[[:alpha:](]b){99}",
        "(\\Q)\\Ea{50}){99}",
        "([)]a{50}){99}",
        "((((a*)*{30})*{30}){30}"
      })
  void expressionsThatAreNoneOrExpandTooFarAreRefused(String expression) {
    assertThatThrownBy(() -> TopicExpression.of(expression))
        .isInstanceOfSatisfying(
            MillraceException.class,
            refusal -> assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID_REGULAR_EXPRESSION));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "orders",
        "(a|b|c)+",
        "[a-z]{1,249}",
        "(?:ab?){40}",
        "\\Q{1000}{1000}\\E",
        "a{"
      })
  void ordinaryExpressionsAreAccepted(String expression) {
    assertThat(TopicExpression.of(expression)).isNotNull();
  }

  @Test
  void expressionThatBlowsUpOtherEnginesIsMatchedInLinearTime() {
    TopicExpression expression = TopicExpression.of("(a*)*b");
    assertThat(expression.matches(topic("a".repeat(249)))).isFalse();
  }

  @Test
  void expressionIsMatchedAgainOnlyWithTopicsThatChanged() {
    TopicMatches matches = new TopicMatches();
    TopicsView topics = TopicsView.EMPTY.with(topic("orders")).with(topic("payments"));
    matches.topicsChanged(topics, Set.of("orders", "payments"));
    assertThat(matches.of(regex("or.*|new")).keySet()).containsExactly("orders");
    TopicsView changed = topics.without("orders").with(topic("new")).with(topic("ordinary"));
    matches.topicsChanged(changed, Set.of("new"));
    // "ordinary" was not told of, and "orders" is not found any more.
    assertThat(matches.of(List.of(regex("or.*|new"))).keySet()).containsExactly("new");
  }
}
