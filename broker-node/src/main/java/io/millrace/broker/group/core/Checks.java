package io.millrace.broker.group.core;

import io.millrace.broker.group.core.GroupCommand.Heartbeat;
import io.millrace.broker.group.core.GroupCommand.MemberProfile;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.nio.charset.StandardCharsets;

/**
 * Checks what clients say, before anything is decided. Each method throws a {@link
 * MillraceException} that names the value and what was expected. Stateless.
 */
final class Checks {
  private static final int MAX_GROUP_ID_BYTES = 249;
  private static final int MAX_MEMBER_ID_LENGTH = 64;
  private static final int MAX_NAME_BYTES = 249;
  private static final int MAX_TOPICS = 10_000;

  /** So that a member's record fits into any batch. */
  private static final int MAX_TOPICS_BYTES = 256 * 1024;

  private static final int DEFAULT_REBALANCE_TIMEOUT_MS = 300_000;
  private static final int MIN_REBALANCE_TIMEOUT_MS = 1_000;
  private static final int MAX_REBALANCE_TIMEOUT_MS = 3_600_000;

  private Checks() {}

  static void groupId(String groupId) {
    int bytes = groupId.getBytes(StandardCharsets.UTF_8).length;
    if (bytes < 1
        || bytes > MAX_GROUP_ID_BYTES
        || groupId.codePoints().anyMatch(Character::isISOControl)) {
      throw new MillraceException(
          ErrorCode.INVALID_GROUP_ID,
          "group_id: \""
              + printable(groupId)
              + "\" (expected: 1 to "
              + MAX_GROUP_ID_BYTES
              + " bytes of UTF-8 without control characters)");
    }
  }

  static void memberId(String memberId) {
    boolean fits = !memberId.isEmpty() && memberId.length() <= MAX_MEMBER_ID_LENGTH;
    if (!fits || !memberId.chars().allMatch(Checks::isNameCharacter)) {
      throw refusal(
          "member_id: \""
              + printable(memberId)
              + "\" (expected: 1 to "
              + MAX_MEMBER_ID_LENGTH
              + " of [a-zA-Z0-9._-])");
    }
  }

  private static boolean isNameCharacter(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '.'
        || c == '_'
        || c == '-';
  }

  /** What a heartbeat says of its own. */
  static void heartbeat(Heartbeat heartbeat) {
    groupId(heartbeat.groupId());
    memberId(heartbeat.memberId());
    if (heartbeat.memberEpoch() < 0) {
      throw refusal("member_epoch: " + heartbeat.memberEpoch() + " (expected: at least 0)");
    }
    heartbeat.subscription().ifPresent(Checks::subscription);
    heartbeat
        .assignor()
        .filter(name -> !name.isEmpty() && !Assignors.BY_NAME.containsKey(name))
        .ifPresent(
            name -> {
              throw new MillraceException(
                  ErrorCode.UNSUPPORTED_ASSIGNOR,
                  "assignor: "
                      + printable(name)
                      + " (expected: one of "
                      + Assignors.BY_NAME.keySet()
                      + ")");
            });
  }

  private static void subscription(Subscription subscription) {
    if (subscription.topics().size() > MAX_TOPICS) {
      throw refusal(
          "topics: " + subscription.topics().size() + " (expected: at most " + MAX_TOPICS + ")");
    }
    subscription.topics().forEach(topic -> name("topic", topic));
    int bytes = subscription.topics().stream().mapToInt(String::length).sum();
    if (bytes > MAX_TOPICS_BYTES) {
      throw refusal("bytes of topics: " + bytes + " (expected: at most " + MAX_TOPICS_BYTES + ")");
    }
  }

  /** A member that joins: its profile with the time-outs that are in force. */
  static MemberProfile profile(MemberProfile asked, GroupSettings settings) {
    name("instance_id", asked.instanceId());
    name("rack", asked.rack());
    name("client_id", asked.clientId());
    int rebalanceMs = asked.rebalanceTimeoutMs();
    int sessionMs = asked.sessionTimeoutMs();
    return new MemberProfile(
        asked.instanceId(),
        asked.rack(),
        asked.clientId(),
        asked.clientHost(),
        rebalanceMs == 0
            ? DEFAULT_REBALANCE_TIMEOUT_MS
            : within(
                "rebalance_timeout_ms",
                rebalanceMs,
                MIN_REBALANCE_TIMEOUT_MS,
                MAX_REBALANCE_TIMEOUT_MS),
        sessionMs == 0
            ? settings.sessionTimeoutMs()
            : within(
                "session_timeout_ms",
                sessionMs,
                settings.minSessionTimeoutMs(),
                settings.maxSessionTimeoutMs()));
  }

  private static int within(String what, int value, int min, int max) {
    if (value < min || value > max) {
      throw refusal(what + ": " + value + " (expected: [" + min + ", " + max + "])");
    }
    return value;
  }

  private static void name(String what, String name) {
    if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES) {
      throw refusal(
          what + ": " + printable(name) + " (expected: at most " + MAX_NAME_BYTES + " bytes)");
    }
  }

  private static String printable(String text) {
    String start = text.substring(0, Math.min(text.length(), MAX_NAME_BYTES));
    StringBuilder shown = new StringBuilder();
    start.codePoints().forEach(c -> shown.appendCodePoint(Character.isISOControl(c) ? '?' : c));
    return shown.toString();
  }

  private static MillraceException refusal(String message) {
    return Refusals.invalid(message).exception();
  }
}
