package io.millrace.broker.group.core;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.util.Map;

/** What is refused in more than one place. Stateless. */
final class Refusals {
  static final MillraceError LOADING =
      new MillraceError(
          ErrorCode.COORDINATOR_LOADING,
          "the group's coordinator is loading its partition of the offsets topic (expected: to be"
              + " asked again)");

  static final MillraceError SILENT =
      new MillraceError(
          ErrorCode.UNKNOWN_MEMBER_ID,
          "the member was silent for longer than its session timeout (expected: to join again)");

  static final MillraceError TOO_SLOW =
      new MillraceError(
          ErrorCode.UNKNOWN_MEMBER_ID,
          "the member did not give up partitions within its rebalance timeout (expected: to join"
              + " again)");

  static final MillraceError GONE =
      new MillraceError(
          ErrorCode.UNKNOWN_MEMBER_ID, "the member left the group (expected: to join again)");

  static final MillraceError REPLACED =
      new MillraceError(
          ErrorCode.UNAVAILABLE,
          "another stream of the member took the place of this one (expected: one stream)");

  private Refusals() {}

  static MillraceError unknownMember(MemberKey key) {
    return new MillraceError(
        ErrorCode.UNKNOWN_MEMBER_ID,
        "member_id: "
            + key.memberId()
            + " (expected: a member of group "
            + key.groupId()
            + "; join again)",
        Map.of("group_id", key.groupId(), "member_id", key.memberId()));
  }

  static MillraceError fenced(MemberKey key, int came, Assignment assignment) {
    return new MillraceError(
        ErrorCode.FENCED_MEMBER_EPOCH,
        "member_epoch: "
            + came
            + " (expected: "
            + assignment.epoch()
            + "; the member has lost what it owned, and joins again)",
        Map.of(
            "group_id",
            key.groupId(),
            "member_id",
            key.memberId(),
            "expected_member_epoch",
            "" + assignment.epoch()));
  }

  static MillraceError unknownGroup(String groupId) {
    return new MillraceError(
        ErrorCode.UNKNOWN_GROUP,
        "group_id: " + groupId + " (expected: a group with members or offsets)",
        Map.of("group_id", groupId));
  }

  static MillraceError invalid(String message) {
    return new MillraceError(ErrorCode.INVALID_REQUEST, message);
  }
}
