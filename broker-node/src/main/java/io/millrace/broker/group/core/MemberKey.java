package io.millrace.broker.group.core;

import java.util.Comparator;

/**
 * A member of a group.
 *
 * @param groupId the group
 * @param memberId the member
 */
record MemberKey(String groupId, String memberId) implements Comparable<MemberKey> {
  private static final Comparator<MemberKey> ORDER =
      Comparator.comparing(MemberKey::groupId).thenComparing(MemberKey::memberId);

  @Override
  public int compareTo(MemberKey other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return groupId + "/" + memberId;
  }
}
