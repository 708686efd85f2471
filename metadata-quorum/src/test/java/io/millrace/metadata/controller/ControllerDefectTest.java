package io.millrace.metadata.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.ErrorCode;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.controller.CommandResult.TopicResult;
import io.millrace.metadata.controller.ControllerPlan.Step;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A defect must not take one controller after the other with it. */
final class ControllerDefectTest {
  private final Cluster cluster = Cluster.ofOneBroker();

  @Test
  void commandThatTheControllerFailsToDecideIsRefusedAndTheOthersAreCarriedOut() {
    // The second topic finds no id.
    Queue<UUID> ids = new ArrayDeque<>(List.of(new UUID(1, 1)));
    Controller controller = new Controller(ControllerSettings.DEFAULTS, ids::remove);
    ControllerPlan plan =
        controller.plan(
            cluster.image(),
            List.of(create("a"), create("b"), new UpkeepCommand.ElectOffline()),
            0);
    assertThat(answer(plan, 0)).isInstanceOf(TopicResult.class);
    assertThat(((Refused) answer(plan, 1)).error().code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(answer(plan, 2)).isInstanceOf(CommandResult.Done.class);
    assertThat(plan.records()).hasSize(2);
    assertThat(plan.defects()).hasSize(1);
    assertThat(plan.defects().get(0)).hasMessageContaining("CreateTopic").hasRootCauseMessage(null);
  }

  @Test
  void partitionIsNotChangedTwiceInARecord() {
    cluster.run(create("a"));
    TopicImage topic = cluster.image().topic("a").orElseThrow();
    PartitionImage before = topic.partitions().get(0);
    PartitionTransition.Next next = new PartitionTransition.Next(before, false);
    PartitionChangeSet changes = new PartitionChangeSet(1_000);
    changes.add(topic, 0, before, next);
    assertThatThrownBy(() -> changes.add(topic, 0, before, next))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("partition: a-0 twice (expected: once in a record)");
  }

  private static CommandResult answer(ControllerPlan plan, int command) {
    return ((Step.Answer) plan.steps().get(command)).result();
  }

  private static CreateTopic create(String name) {
    return new CreateTopic(name, 1, 1, Map.of(), RequestOptions.NONE);
  }
}
