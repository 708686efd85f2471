package io.millrace.broker.group.core;

import org.pcollections.PSortedMap;
import org.pcollections.TreePMap;

/**
 * All groups of one partition of the offsets topic, as an immutable value: what replaying its
 * records comes to.
 *
 * @param groups by group id; none without any fact
 */
record GroupsImage(PSortedMap<String, GroupImage> groups) {
  static final GroupsImage EMPTY = new GroupsImage(TreePMap.empty());

  GroupImage group(String groupId) {
    return groups.getOrDefault(groupId, GroupImage.NONE);
  }

  /**
   * With a record's fact.
   *
   * @throws InvalidGroupRecordException if it can't be true beside the others
   */
  GroupsImage replay(GroupRecord record) {
    GroupImage after = group(record.groupId()).replay(record);
    return new GroupsImage(
        after.equals(GroupImage.NONE)
            ? groups.minus(record.groupId())
            : groups.plus(record.groupId(), after));
  }
}
