package io.millrace.broker.group.core;

import io.millrace.broker.group.core.GroupRecord.AssignmentFact;
import io.millrace.broker.group.core.GroupRecord.GroupFact;
import io.millrace.broker.group.core.GroupRecord.MemberFact;
import io.millrace.broker.group.core.GroupRecord.TargetFact;
import io.millrace.broker.group.core.GroupRecord.TargetHeadFact;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pcollections.PSortedSet;
import org.pcollections.TreePSet;

/**
 * What an append is to be: the image as the work done so far makes it, the records that make it so,
 * and what is left to be settled at the end. Confined to the core; thrown away if the append fails.
 *
 * <p>The records are in an order of which any beginning is sound: a group's epoch is raised before
 * anything that it rests on is changed.
 */
final class Changes {
  private final List<EncodedRecord> records = new ArrayList<>();
  private State state;

  /**
   * Where the work stands.
   *
   * @param image the image with the records so far
   * @param recordCount how many records that are
   * @param bytes how many bytes they have
   * @param raised the groups whose epoch was raised
   * @param unsettled the groups in which partitions may have become free, or are to be given up
   * @param moved the members that may be given something
   * @param changed the members of which a record tells
   * @param back the members that came back and were told nothing yet
   */
  record State(
      GroupsImage image,
      int recordCount,
      long bytes,
      PSortedSet<String> raised,
      PSortedSet<String> unsettled,
      PSortedSet<MemberKey> moved,
      PSortedSet<MemberKey> changed,
      PSortedSet<MemberKey> back) {
    private State withRaised(String groupId) {
      return new State(
          image, recordCount, bytes, raised.plus(groupId), unsettled, moved, changed, back);
    }

    private State withoutRaised(String groupId) {
      return new State(
          image, recordCount, bytes, raised.minus(groupId), unsettled, moved, changed, back);
    }

    private State withUnsettled(String groupId) {
      return new State(
          image, recordCount, bytes, raised, unsettled.plus(groupId), moved, changed, back);
    }

    private State withMoved(MemberKey key) {
      return new State(
          image, recordCount, bytes, raised, unsettled, moved.plus(key), changed, back);
    }

    private State withBack(MemberKey key) {
      return new State(
          image, recordCount, bytes, raised, unsettled, moved, changed, back.plus(key));
    }
  }

  Changes(GroupsImage base) {
    this.state =
        new State(
            base,
            0,
            0,
            TreePSet.empty(),
            TreePSet.empty(),
            TreePSet.empty(),
            TreePSet.empty(),
            TreePSet.empty());
  }

  GroupsImage image() {
    return state.image();
  }

  GroupImage group(String groupId) {
    return state.image().group(groupId);
  }

  List<EncodedRecord> records() {
    return records;
  }

  boolean isEmpty() {
    return records.isEmpty();
  }

  /** How many bytes the records have. */
  long bytes() {
    return state.bytes();
  }

  /** Where the work stands, to come back to. */
  State mark() {
    return state;
  }

  /** Takes back what was done since. */
  void backTo(State mark) {
    records.subList(mark.recordCount(), records.size()).clear();
    state = mark;
  }

  /** A fact becomes true. */
  void add(GroupRecord record) {
    EncodedRecord encoded = GroupRecordCodec.encode(record);
    records.add(encoded);
    state =
        new State(
            state.image().replay(record),
            records.size(),
            state.bytes() + encoded.size(),
            state.raised(),
            state.unsettled(),
            state.moved(),
            member(record).map(state.changed()::plus).orElse(state.changed()),
            state.back());
  }

  private static Optional<MemberKey> member(GroupRecord record) {
    if (record instanceof MemberFact fact) {
      return Optional.of(new MemberKey(fact.groupId(), fact.memberId()));
    } else if (record instanceof AssignmentFact fact) {
      return Optional.of(new MemberKey(fact.groupId(), fact.memberId()));
    }
    return Optional.empty();
  }

  /** Members, subscriptions or topics of a group are about to change: it gets a new epoch. */
  void raiseEpoch(String groupId) {
    unsettle(groupId);
    if (state.raised().contains(groupId)) {
      return;
    }
    GroupImage group = group(groupId);
    int highest = group.head().epoch();
    for (Assignment assignment : group.assignments().values()) {
      highest = Math.max(highest, assignment.epoch());
    }
    GroupHead head = group.head();
    add(
        new GroupFact(
            groupId,
            Optional.of(
                new GroupHead(Math.addExact(highest, 1), head.emptySinceMs(), head.topicsHash()))));
    state = state.withRaised(groupId);
  }

  /** Nothing is left to be known of a group that has neither members nor offsets. */
  void forget(String groupId) {
    GroupImage group = group(groupId);
    if (!group.targetHead().equals(TargetHead.NONE)) {
      add(new TargetHeadFact(groupId, Optional.empty()));
    }
    if (!group.head().equals(GroupHead.NONE)) {
      add(new GroupFact(groupId, Optional.empty()));
    }
    state = state.withoutRaised(groupId);
  }

  /** All members of a group are to be looked at in the end. */
  void unsettle(String groupId) {
    state = state.withUnsettled(groupId);
  }

  /** A member is to be looked at in the end. */
  void move(MemberKey key) {
    state = state.withMoved(key);
  }

  /** A member came back that owned nothing: what it is not to keep is free at once. */
  void comeBack(MemberKey key) {
    state = state.withBack(key);
  }

  /** A member is gone, and what it had is free. */
  void remove(MemberKey key) {
    raiseEpoch(key.groupId());
    add(new MemberFact(key.groupId(), key.memberId(), Optional.empty()));
    removeRemnants(key);
  }

  /** What is left of somebody who is no member is gone. */
  void removeRemnants(MemberKey key) {
    GroupImage group = group(key.groupId());
    if (group.targets().containsKey(key.memberId())) {
      add(new TargetFact(key.groupId(), key.memberId(), Optional.empty()));
    }
    if (group.assignments().containsKey(key.memberId())) {
      add(new AssignmentFact(key.groupId(), key.memberId(), Optional.empty()));
      unsettle(key.groupId());
    }
  }
}
