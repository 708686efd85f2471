package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.millrace.client.api.PartitionDescription;
import io.millrace.client.api.PartitionStatus;
import io.millrace.client.api.PartitionStatus.ReplicaStatus;
import io.millrace.client.api.TopicDescription;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What {@code topic describe} shows of replicas that are not alike. */
class TopicDescribeTest {
  private static final PartitionDescription PARTITION =
      new PartitionDescription(3, 1, 0, List.of(1, 2), List.of(1, 2), List.of(), Optional.empty());

  private static ReplicaStatus replica(long behind, long ahead, OptionalLong corrupt) {
    return new ReplicaStatus(1, true, 0, 100, 100, behind, ahead, corrupt, Optional.empty());
  }

  @Test
  void showsWhichReplicasMayLeadAndWhereEachOneEnds() {
    PartitionDescription partition =
        new PartitionDescription(
            0, 3, 7, List.of(1, 2, 3), List.of(3), List.of(1), Optional.empty());
    MillraceError away = new MillraceError(ErrorCode.BROKER_NOT_AVAILABLE, "broker 2 is away");
    List<ReplicaStatus> replicas =
        List.of(
            new ReplicaStatus(1, false, 4, 15, 12, 5, 0, OptionalLong.empty(), Optional.empty()),
            new ReplicaStatus(2, false, -1, -1, -1, -1, 0, OptionalLong.empty(), Optional.of(away)),
            new ReplicaStatus(3, true, 4, 20, 12, 0, 0, OptionalLong.empty(), Optional.empty()));
    TopicDescription topic =
        new TopicDescription("orders", new UUID(1, 2), 3, List.of(partition), List.of());

    String text =
        TopicDescribe.text(
            topic, List.of(new PartitionStatus(partition, List.of(1, 2), 12, replicas)), false);

    assertThat(text)
        .contains(
            """
            PARTITION  LEADER  EPOCH  REPLICAS  ISR  OSR  ELR  START  HW
                    0  3           7  1,2,3     3    1,2  1        4  12

            PARTITION  REPLICA  ROLE      IN SYNC  START  END  BEHIND
                    0        1  follower  no       4      15   5
                    0        2  follower  no       ?      ?    ?
                    0        3  leader    yes      4      20   0

            the replica of partition 0 on broker 2 not known: broker 2 is away\
            """);
  }

  @Test
  void replicaIsBehindOrAheadOrNobodyKnows() {
    assertThat(TopicDescribe.behind(replica(4, 0, OptionalLong.empty()))).hasToString("4");
    assertThat(TopicDescribe.behind(replica(0, 0, OptionalLong.empty()))).hasToString("0");
    assertThat(TopicDescribe.behind(replica(0, 7, OptionalLong.empty()))).hasToString("7 ahead");
    assertThat(TopicDescribe.behind(replica(-1, 0, OptionalLong.empty()))).hasToString("?");
  }

  @Test
  void programsAreToldWhichReplicaIsAheadAndWhichIsCorrupt() {
    PartitionStatus status =
        new PartitionStatus(
            PARTITION,
            List.of(),
            100,
            List.of(replica(0, 7, OptionalLong.empty()), replica(4, 0, OptionalLong.of(57))));
    TopicDescription topic =
        new TopicDescription("orders", new UUID(1, 2), 2, List.of(PARTITION), List.of());

    JsonArray replicas =
        JsonParser.parseString(DataWriter.json(TopicReports.data(topic, List.of(status)), true))
            .getAsJsonObject()
            .getAsJsonArray("partitions")
            .get(0)
            .getAsJsonObject()
            .getAsJsonArray("replica_states");

    JsonObject ahead = replicas.get(0).getAsJsonObject();
    assertThat(ahead.get("offsets_ahead").getAsLong()).isEqualTo(7);
    assertThat(ahead.get("offsets_behind").getAsLong()).isZero();
    assertThat(ahead.has("corrupt_offset")).isFalse();
    JsonObject corrupt = replicas.get(1).getAsJsonObject();
    assertThat(corrupt.get("offsets_ahead").getAsLong()).isZero();
    assertThat(corrupt.get("offsets_behind").getAsLong()).isEqualTo(4);
    assertThat(corrupt.get("corrupt_offset").getAsLong()).isEqualTo(57);
  }

  @Test
  void leaderWhoseLogWasFoundCorruptIsNamed() {
    PartitionStatus corrupt =
        new PartitionStatus(PARTITION, List.of(), 100, List.of(replica(0, 0, OptionalLong.of(57))));
    PartitionStatus sound =
        new PartitionStatus(
            PARTITION, List.of(), 100, List.of(replica(0, 0, OptionalLong.empty())));

    assertThat(TopicDescribe.corrupt(List.of(sound, corrupt)))
        .isEqualToIgnoringNewLines(
            "the replica of partition 3 on broker 1 is corrupt at offset 57");
    assertThat(TopicDescribe.corrupt(List.of(sound))).isEmpty();
  }
}
