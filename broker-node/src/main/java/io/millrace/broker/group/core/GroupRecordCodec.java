package io.millrace.broker.group.core;

import io.millrace.broker.group.core.GroupCommand.MemberProfile;
import io.millrace.broker.group.core.GroupRecord.AssignmentFact;
import io.millrace.broker.group.core.GroupRecord.GroupFact;
import io.millrace.broker.group.core.GroupRecord.MemberFact;
import io.millrace.broker.group.core.GroupRecord.OffsetFact;
import io.millrace.broker.group.core.GroupRecord.TargetFact;
import io.millrace.broker.group.core.GroupRecord.TargetHeadFact;
import io.millrace.common.TopicIdPartition;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The records of the offsets topic as bytes. Numbers are big-endian; a string is its length in
 * bytes as an int32, and UTF-8.
 *
 * <pre>
 * key:    type int16 | group id string | by type:
 *         1 group          -
 *         2 member         member id string
 *         3 target head    -
 *         4 target         member id string
 *         5 assignment     member id string
 *         6 offset         topic id 16 bytes | partition int32
 *
 * value:  version int16 = 1 | by type (no value: gone):
 *         1 group          epoch int32 | empty since int64, ms since 1970 UTC or -1 | topics hash int64
 *         2 member         instance id, rack, client id, client host string | rebalance timeout int32, ms
 *                          | session timeout int32, ms | topic count int32 | topics, string each
 *                          | topic regex string | assignor string | away int8, 0 or 1
 *         3 target head    epoch int32 | assignor string
 *         4 target         partitions
 *         5 assignment     epoch int32 | previous epoch int32 | assigned epochs | revoking epochs
 *         6 offset         offset int64 | leader epoch int32, -1 for none | metadata string
 *                          | commit time int64, ms since 1970 UTC
 *
 * partitions: topic count int32 | by topic: topic id 16 bytes | count int32 | numbers, int32 each
 * epochs:     topic count int32 | by topic: topic id 16 bytes | count int32
 *             | by partition: number int32 | member epoch in which it was given int32
 * </pre>
 *
 * <p>A type or version of the future is refused: a coordinator that passed over it could give away
 * what somebody owns. Stateless.
 */
final class GroupRecordCodec {
  static final short VERSION = 1;

  private static final short GROUP = 1;
  private static final short MEMBER = 2;
  private static final short TARGET_HEAD = 3;
  private static final short TARGET = 4;
  private static final short ASSIGNMENT = 5;
  private static final short OFFSET = 6;

  private GroupRecordCodec() {}

  /** The record's bytes. */
  static EncodedRecord encode(GroupRecord record) {
    RecordWriter key = new RecordWriter();
    if (record instanceof GroupFact fact) {
      key.int16(GROUP).string(fact.groupId());
      return encoded(key, fact.head().map(GroupRecordCodec::value));
    } else if (record instanceof MemberFact fact) {
      key.int16(MEMBER).string(fact.groupId()).string(fact.memberId());
      return encoded(key, fact.member().map(GroupRecordCodec::value));
    } else if (record instanceof TargetHeadFact fact) {
      key.int16(TARGET_HEAD).string(fact.groupId());
      return encoded(
          key, fact.head().map(head -> value().int32(head.epoch()).string(head.assignor())));
    } else if (record instanceof TargetFact fact) {
      key.int16(TARGET).string(fact.groupId()).string(fact.memberId());
      return encoded(key, fact.target().map(target -> value().partitions(target)));
    } else if (record instanceof AssignmentFact fact) {
      key.int16(ASSIGNMENT).string(fact.groupId()).string(fact.memberId());
      return encoded(key, fact.assignment().map(GroupRecordCodec::value));
    } else if (record instanceof OffsetFact fact) {
      key.int16(OFFSET).string(fact.groupId());
      key.uuid(fact.partition().topicId()).int32(fact.partition().partition());
      return encoded(key, fact.committed().map(GroupRecordCodec::value));
    }
    throw new IllegalStateException("no bytes of a " + record.getClass().getSimpleName());
  }

  private static EncodedRecord encoded(RecordWriter key, Optional<RecordWriter> value) {
    return new EncodedRecord(key.bytes(), value.map(RecordWriter::bytes).orElse(null));
  }

  private static RecordWriter value() {
    return new RecordWriter().int16(VERSION);
  }

  private static RecordWriter value(GroupHead head) {
    return value().int32(head.epoch()).int64(head.emptySinceMs()).int64(head.topicsHash());
  }

  private static RecordWriter value(Member member) {
    MemberProfile profile = member.profile();
    RecordWriter value =
        value()
            .string(profile.instanceId())
            .string(profile.rack())
            .string(profile.clientId())
            .string(profile.clientHost())
            .int32(profile.rebalanceTimeoutMs())
            .int32(profile.sessionTimeoutMs())
            .int32(member.subscription().topics().size());
    member.subscription().topics().forEach(value::string);
    return value
        .string(member.subscription().topicRegex())
        .string(member.assignor())
        .int8(member.away() ? 1 : 0);
  }

  private static RecordWriter value(Assignment assignment) {
    return value()
        .int32(assignment.epoch())
        .int32(assignment.previousEpoch())
        .epochs(assignment.assigned())
        .epochs(assignment.revoking());
  }

  private static RecordWriter value(CommittedOffset committed) {
    return value()
        .int64(committed.offset())
        .int32(committed.leaderEpoch())
        .string(committed.metadata())
        .int64(committed.commitTimeMs());
  }

  /**
   * The record that the bytes stand for.
   *
   * @throws InvalidGroupRecordException if this version does not know it, or the bytes are none
   */
  static GroupRecord decode(EncodedRecord record) {
    RecordReader key = new RecordReader(record.key());
    int type = key.int16();
    String group = key.string();
    Optional<RecordReader> value = value(type, record.value());
    GroupRecord decoded =
        switch (type) {
          case GROUP -> new GroupFact(group, value.map(GroupRecordCodec::head));
          case MEMBER -> new MemberFact(group, key.string(), value.map(GroupRecordCodec::member));
          case TARGET_HEAD ->
              new TargetHeadFact(
                  group, value.map(from -> new TargetHead(from.int32(), from.string())));
          case TARGET -> new TargetFact(group, key.string(), value.map(RecordReader::partitions));
          case ASSIGNMENT ->
              new AssignmentFact(group, key.string(), value.map(GroupRecordCodec::assignment));
          case OFFSET ->
              new OffsetFact(
                  group,
                  new TopicIdPartition(key.uuid(), key.int32()),
                  value.map(GroupRecordCodec::committed));
          default ->
              throw new InvalidGroupRecordException(
                  "type of a record of the offsets topic: "
                      + type
                      + " (expected: 1 to 6; a newer version may have written it)");
        };
    key.end();
    value.ifPresent(RecordReader::end);
    return decoded;
  }

  private static Optional<RecordReader> value(int type, byte @Nullable [] bytes) {
    if (bytes == null) {
      return Optional.empty();
    }
    RecordReader value = new RecordReader(bytes);
    int version = value.int16();
    if (version != VERSION) {
      throw new InvalidGroupRecordException(
          "version of a record of type "
              + type
              + " of the offsets topic: "
              + version
              + " (expected: "
              + VERSION
              + "; a newer version may have written it)");
    }
    return Optional.of(value);
  }

  private static GroupHead head(RecordReader from) {
    return new GroupHead(from.int32(), from.int64(), from.int64());
  }

  private static Member member(RecordReader from) {
    MemberProfile profile =
        new MemberProfile(
            from.string(), from.string(), from.string(), from.string(), from.int32(), from.int32());
    TreeSet<String> topics = new TreeSet<>();
    for (int left = from.count(Integer.BYTES); left > 0; left--) {
      topics.add(from.string());
    }
    Subscription subscription = new Subscription(topics, from.string());
    return new Member(profile, subscription, from.string(), from.int8() != 0);
  }

  private static Assignment assignment(RecordReader from) {
    return new Assignment(from.int32(), from.int32(), from.epochs(), from.epochs());
  }

  private static CommittedOffset committed(RecordReader from) {
    return new CommittedOffset(from.int64(), from.int32(), from.string(), from.int64());
  }
}
