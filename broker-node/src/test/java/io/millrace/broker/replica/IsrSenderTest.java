package io.millrace.broker.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.broker.replica.core.IsrMember;
import io.millrace.broker.replica.core.LeadingEffect.ProposeIsr;
import io.millrace.broker.replica.core.LeadingEvent.IsrAnswered;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.time.VirtualTime;
import io.millrace.metadata.controller.BrokerCommand.AlterPartitions;
import io.millrace.metadata.controller.BrokerCommand.IsrProposal;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.AlterPartitionsResult;
import io.millrace.metadata.controller.CommandResult.PartitionOutcome;
import io.millrace.metadata.controller.CommandResult.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IsrSenderTest extends FakeQuorum {
  private static final UUID TOPIC = new UUID(1, 1);
  private static final MillraceError INELIGIBLE =
      new MillraceError(ErrorCode.INELIGIBLE_REPLICA, "not now");

  private final VirtualTime time = new VirtualTime();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final List<AlterPartitions> commands = new ArrayList<>();
  private final List<CompletableFuture<CommandResult>> answers = new ArrayList<>();
  private final List<PartitionEvent> told = new ArrayList<>();
  private final IsrSender sender =
      new IsrSender(
          1,
          this,
          id -> Optional.of(new Appending(id, false, told)),
          time,
          new ReplicationMetrics(meters));

  @Override
  public CompletableFuture<CommandResult> submit(Command command, Duration timeout) {
    commands.add((AlterPartitions) command);
    CompletableFuture<CommandResult> answer = new CompletableFuture<>();
    answers.add(answer);
    return answer;
  }

  @BeforeEach
  void register() {
    register(1, 7);
  }

  private void propose(int partition, int partitionEpoch) {
    sender.propose(
        new TopicIdPartition(TOPIC, partition),
        new ProposeIsr(3, partitionEpoch, List.of(new IsrMember(1, -1), new IsrMember(2, 9))));
  }

  private void run(long ms) {
    long endMs = time.nowMs() + ms;
    time.schedule(ms, () -> {});
    while (!time.isIdle() && time.nowMs() < endMs) {
      time.runNext();
    }
  }

  private List<Integer> partitions(int command) {
    return commands.get(command).partitions().stream().map(IsrProposal::partition).toList();
  }

  private void answer(int command) {
    int count = commands.get(command).partitions().size();
    answers
        .get(command)
        .complete(
            new AlterPartitionsResult(
                Collections.nCopies(
                    count, new PartitionOutcome(Optional.empty(), Optional.empty())),
                1));
  }

  @Test
  void proposalsOfManyPartitionsGoInOneCommandAndTheNextOnesAfterItsAnswer() {
    propose(0, 5);
    propose(1, 5);
    run(1);
    propose(2, 5);
    run(50);
    assertThat(commands).hasSize(1);
    assertThat(partitions(0)).containsExactly(0, 1);
    assertThat(commands.get(0).brokerEpoch()).isEqualTo(7);
    assertThat(commands.get(0).partitions().get(0))
        .isEqualTo(
            new IsrProposal(
                TOPIC,
                0,
                3,
                5,
                List.of(
                    new io.millrace.metadata.controller.BrokerCommand.IsrMember(1, -1),
                    new io.millrace.metadata.controller.BrokerCommand.IsrMember(2, 9))));

    answer(0);
    run(50);

    assertThat(partitions(1)).containsExactly(2);
    answer(1);
    run(1_000);
    assertThat(commands).hasSize(2);
  }

  @Test
  void whatIsNotAnsweredIsProposedAgain() {
    propose(0, 5);
    run(1);
    for (int i = 0; i < 3; i++) {
      answers.get(i).complete(new Refused(new MillraceError(ErrorCode.OUTCOME_UNKNOWN, "perhaps")));
      run(200);
      assertThat(commands).hasSize(i + 2);
      assertThat(partitions(i + 1)).containsExactly(0);
    }
  }

  @Test
  void whatIsRefusedAfterAnUnknownOutcomeIsToldAsInDoubt() {
    propose(0, 5);
    run(1);
    answers.get(0).complete(new Refused(new MillraceError(ErrorCode.OUTCOME_UNKNOWN, "perhaps")));
    run(200);
    propose(1, 5);
    refuse(1);
    run(50);
    refuse(2);

    assertThat(told)
        .containsExactly(
            new IsrAnswered(3, 5, Optional.of(INELIGIBLE), true),
            new IsrAnswered(3, 5, Optional.of(INELIGIBLE), false));
    assertThat(partitions(2)).containsExactly(1);
  }

  private void refuse(int command) {
    PartitionOutcome outcome = new PartitionOutcome(Optional.of(INELIGIBLE), Optional.empty());
    answers.get(command).complete(new AlterPartitionsResult(List.of(outcome), 1));
  }

  @Test
  void aNewerProposalOfThePartitionIsNotTakenForAnswered() {
    propose(0, 5);
    run(1);
    propose(0, 6);
    answer(0);
    run(50);

    assertThat(commands.get(1).partitions().get(0).partitionEpoch()).isEqualTo(6);
  }

  @Test
  void aCommandIsBounded() {
    for (int i = 0; i < 700; i++) {
      propose(i, 5);
    }
    run(1);
    assertThat(partitions(0)).hasSize(500);

    answer(0);
    run(50);

    assertThat(partitions(1)).hasSize(200);
  }

  @Test
  void nothingIsProposedOnceClosed() {
    sender.close();
    propose(0, 5);
    run(1_000);

    assertThat(commands).isEmpty();
  }

  @Test
  void itGoesOnAfterAnAnswerThatItDoesNotUnderstand() {
    propose(0, 5);
    run(1);
    answers.get(0).complete(new AlterPartitionsResult(List.of(), 1));
    propose(1, 5);
    run(200);

    assertThat(commands).hasSize(2);
    assertThat(partitions(1)).containsExactly(0, 1);
  }
}
