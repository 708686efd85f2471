package io.millrace.metadata.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.controller.BrokerStart;
import io.millrace.metadata.controller.Cluster;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.Command.AlterTopicConfigs;
import io.millrace.metadata.controller.Command.AssignDirectories;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.RequestOptions;
import io.millrace.proto.internal.v1.Structure;
import io.millrace.proto.internal.v1.Value;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class StructureCodecTest {
  @Test
  void commandsAndResultsAreReadAsTheyWereWritten() {
    List<Command> commands =
        List.of(
            Cluster.register(3, "rack"),
            new CreateTopic("t", 2, 1, Map.of("k", "v"), RequestOptions.withId("r")),
            new AlterTopicConfigs(
                "t", Map.of("a", Optional.of("b"), "c", Optional.empty()), RequestOptions.NONE),
            new AssignDirectories(
                1, 1L << 40, Map.of(new TopicIdPartition(new UUID(1, 2), 3), new UUID(4, 5))));
    for (Command command : commands) {
      assertThat(StructureCodec.read(StructureCodec.write((Record) command), Command.class))
          .isEqualTo(command);
    }
    CommandResult refused =
        new CommandResult.Refused(
            new MillraceError(ErrorCode.INVALID_CONFIG, "no", Map.of("key", "x")));
    assertThat(StructureCodec.read(StructureCodec.write((Record) refused), CommandResult.class))
        .isEqualTo(refused);
  }

  /** S14: {@code rpc.max.message.bytes} can be set as low as 64 KB. */
  @Test
  void S14_registrationWithAsManyUncleanReplicasAsItMayNameFitsIntoTheSmallestMessage() {
    Set<TopicIdPartition> replicas =
        IntStream.range(0, BrokerStart.MOST_UNCLEAN_REPLICAS)
            .mapToObj(number -> new TopicIdPartition(UUID.randomUUID(), 1_000_000 + number))
            .collect(Collectors.toSet());
    List<UUID> directories = Stream.generate(UUID::randomUUID).limit(100).toList();
    BrokerStart start =
        new BrokerStart(directories, true, Set.copyOf(directories), replicas, false);
    assertThat(StructureCodec.write(Cluster.register(3, 1, start)).getSerializedSize())
        .isLessThan(48 << 10);
  }

  /** A command or result with a field of a kind that has no form would fail in a cluster only. */
  @ParameterizedTest
  @MethodSource("everyRecord")
  void everyCommandAndResultHasAForm(Class<?> record) {
    assertForm(record, new ArrayList<>());
  }

  @Test
  void unknownTypesAndFieldsAreRefused() {
    Structure command =
        StructureCodec.write(new CreateTopic("t", 1, 1, Map.of(), RequestOptions.NONE));
    assertThatThrownBy(
            () ->
                StructureCodec.read(command.toBuilder().setType("Runtime").build(), Command.class))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("unknown type Runtime");
    Value number = Value.newBuilder().setNumber(1).build();
    assertThatThrownBy(
            () ->
                StructureCodec.read(
                    command.toBuilder().putFields("color", number).build(), Command.class))
        .hasMessageContaining("unknown fields [color]");
    assertThatThrownBy(
            () ->
                StructureCodec.read(
                    command.toBuilder().putFields("topic", number).build(), Command.class))
        .hasMessageContaining("CreateTopic.topic: NUMBER (expected: TEXT)");
    assertThatThrownBy(
            () ->
                StructureCodec.read(
                    command.toBuilder().removeFields("topic").build(), Command.class))
        .hasMessageContaining("CreateTopic.topic: missing");
  }

  @Test
  void fieldThatAnOlderWriterDoesNotKnowIsEmpty() {
    CreateTopic command = new CreateTopic("t", 1, 1, Map.of("a", "b"), RequestOptions.NONE);
    Structure older = StructureCodec.write(command).toBuilder().removeFields("configs").build();
    assertThat(((CreateTopic) StructureCodec.read(older, Command.class)).configs()).isEmpty();
  }

  static Stream<Class<?>> everyRecord() {
    return Stream.concat(permitted(Command.class), permitted(CommandResult.class));
  }

  private static Stream<Class<?>> permitted(Class<?> type) {
    return type.isRecord()
        ? Stream.of(type)
        : Stream.of(type.getPermittedSubclasses()).flatMap(StructureCodecTest::permitted);
  }

  private static void assertForm(Type type, List<Type> seen) {
    if (type instanceof ParameterizedType generic) {
      assertThat(generic.getRawType()).isIn(Optional.class, List.class, Set.class, Map.class);
      Stream.of(generic.getActualTypeArguments()).forEach(each -> assertForm(each, seen));
      return;
    }
    Class<?> single = (Class<?>) type;
    if (Set.of(int.class, long.class, boolean.class, Integer.class, Long.class, Boolean.class)
            .contains(single)
        || Set.of(String.class, UUID.class).contains(single)
        || single.isEnum()
        || seen.contains(single)) {
      return;
    }
    seen.add(single);
    if (single.isRecord()) {
      for (RecordComponent component : single.getRecordComponents()) {
        assertForm(component.getGenericType(), seen);
      }
    } else {
      assertThat(single.isSealed()).as("%s has no form", single).isTrue();
      permitted(single).forEach(each -> assertForm(each, seen));
    }
  }
}
