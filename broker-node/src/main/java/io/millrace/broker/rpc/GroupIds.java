package io.millrace.broker.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The names of groups as clients send them. Stateless. */
final class GroupIds {
  private static final int MAX_BYTES = 249;

  private GroupIds() {}

  /**
   * A group's name.
   *
   * @throws io.millrace.common.MillraceException with INVALID_GROUP_ID unless it has 1 to 249 bytes
   *     of UTF-8 without control characters
   */
  static String require(String groupId) {
    int bytes = groupId.getBytes(StandardCharsets.UTF_8).length;
    boolean good =
        bytes > 0 && bytes <= MAX_BYTES && groupId.chars().noneMatch(Character::isISOControl);
    if (!good) {
      String expected = "1 to " + MAX_BYTES + " bytes of UTF-8 without control characters";
      throw new MillraceError(
              ErrorCode.INVALID_GROUP_ID,
              "group_id: " + shown(groupId, bytes) + " (expected: " + expected + ")",
              Map.of("expected", expected))
          .exception();
    }
    return groupId;
  }

  private static String shown(String groupId, int bytes) {
    return bytes > MAX_BYTES ? bytes + " bytes" : '"' + groupId.replaceAll("\\p{Cntrl}", "?") + '"';
  }
}
