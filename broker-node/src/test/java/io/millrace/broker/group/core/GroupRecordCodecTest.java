package io.millrace.broker.group.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.group.core.GroupCommand.MemberProfile;
import io.millrace.broker.group.core.GroupRecord.AssignmentFact;
import io.millrace.broker.group.core.GroupRecord.GroupFact;
import io.millrace.broker.group.core.GroupRecord.MemberFact;
import io.millrace.broker.group.core.GroupRecord.OffsetFact;
import io.millrace.broker.group.core.GroupRecord.TargetFact;
import io.millrace.broker.group.core.GroupRecord.TargetHeadFact;
import io.millrace.common.TopicIdPartition;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class GroupRecordCodecTest {
  private static final UUID TOPIC = new UUID(0x0102030405060708L, 0x090a0b0c0d0e0f10L);
  private static final TopicIdPartition ZERO = new TopicIdPartition(TOPIC, 0);
  private static final TopicIdPartition SEVEN = new TopicIdPartition(TOPIC, 7);

  /** A record and its bytes, which no later version may change. */
  private record Golden(GroupRecord record, String key, String value) {}

  static List<Golden> goldens() {
    return List.of(
        new Golden(
            new GroupFact("g", Optional.of(new GroupHead(5, -1, 0x1122334455667788L))),
            "0001 00000001 67",
            "0001 00000005 ffffffffffffffff 1122334455667788"),
        new Golden(
            new MemberFact(
                "g",
                "m",
                Optional.of(
                    new Member(
                        new MemberProfile("i", "r", "c", "h", 1_000, 6_000),
                        new Subscription(new TreeSet<>(List.of("b", "a")), "x.*"),
                        "range",
                        true))),
            "0002 00000001 67 00000001 6d",
            "0001 00000001 69 00000001 72 00000001 63 00000001 68 000003e8 00001770 00000002"
                + " 00000001 61 00000001 62 00000003 782e2a 00000005 72616e6765 01"),
        new Golden(
            new TargetHeadFact("g", Optional.of(new TargetHead(5, "uniform"))),
            "0003 00000001 67",
            "0001 00000005 00000007 756e69666f726d"),
        new Golden(
            new TargetFact("g", "m", Optional.of(Partitions.sorted(List.of(SEVEN, ZERO)))),
            "0004 00000001 67 00000001 6d",
            "0001 00000001 0102030405060708090a0b0c0d0e0f10 00000002 00000000 00000007"),
        new Golden(
            new AssignmentFact(
                "g",
                "m",
                Optional.of(
                    new Assignment(
                        4, 3, Partitions.map(Map.of(SEVEN, 4)), Partitions.map(Map.of(ZERO, 2))))),
            "0005 00000001 67 00000001 6d",
            "0001 00000004 00000003"
                + " 00000001 0102030405060708090a0b0c0d0e0f10 00000001 00000007 00000004"
                + " 00000001 0102030405060708090a0b0c0d0e0f10 00000001 00000000 00000002"),
        new Golden(
            new OffsetFact("g", SEVEN, Optional.of(new CommittedOffset(9, -1, "é", 256))),
            "0006 00000001 67 0102030405060708090a0b0c0d0e0f10 00000007",
            "0001 0000000000000009 ffffffff 00000002 c3a9 0000000000000100"),
        new Golden(
            new OffsetFact("g", SEVEN, Optional.empty()),
            "0006 00000001 67 0102030405060708090a0b0c0d0e0f10 00000007",
            ""));
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  private static EncodedRecord encoded(String key, String value) {
    return new EncodedRecord(bytes(key), value.isEmpty() ? null : bytes(value));
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void recordsHaveTheseBytesAndComeBackFromThem(Golden golden) {
    EncodedRecord encoded = encoded(golden.key(), golden.value());
    assertThat(GroupRecordCodec.encode(golden.record())).isEqualTo(encoded);
    assertThat(GroupRecordCodec.decode(encoded)).isEqualTo(golden.record());
  }

  @Test
  void recordsOfTheFutureAreRefused() {
    assertThatThrownBy(() -> GroupRecordCodec.decode(encoded("0007 00000001 67", "0001")))
        .hasMessageContaining("7 (expected: 1 to 6; a newer version may have written it)");
    assertThatThrownBy(() -> GroupRecordCodec.decode(encoded("0003 00000001 67", "0002")))
        .hasMessageContaining("2 (expected: 1; a newer version may have written it)");
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void bytesThatAreCutOffOrGoOnAreRefused(Golden golden) {
    byte[] key = bytes(golden.key());
    byte[] value = bytes(golden.value());
    for (int length = 0; length < key.length; length++) {
      EncodedRecord cut = new EncodedRecord(Arrays.copyOf(key, length), null);
      assertThatThrownBy(() -> GroupRecordCodec.decode(cut))
          .isInstanceOf(InvalidGroupRecordException.class);
    }
    for (int length = 0; length <= value.length + 1; length++) {
      EncodedRecord wrong = new EncodedRecord(key, Arrays.copyOf(value, length));
      if (length != value.length || length == 0) {
        assertThatThrownBy(() -> GroupRecordCodec.decode(wrong))
            .isInstanceOf(InvalidGroupRecordException.class);
      }
    }
  }
}
