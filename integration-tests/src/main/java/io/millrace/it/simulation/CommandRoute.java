package io.millrace.it.simulation;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.controller.BrokerCommand.AlterPartitions;
import io.millrace.metadata.controller.BrokerCommand.IsrProposal;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.AlterPartitionsResult;
import io.millrace.metadata.controller.CommandResult.PartitionOutcome;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * The way of commands from brokers to controllers. Questions and answers may be lost, and a
 * question may come when nobody waits for its answer any more. A proposal of in-sync replicas that
 * overtakes an earlier copy finds the new member fenced, which it is no more when that one comes.
 * Confined to the simulation's thread.
 */
final class CommandRoute {
  private static final int LOST = 80;
  private static final int LATE = 40;
  private static final int LATE_ADDITION = 6;
  private static final int LATE_FROM_MS = 300;
  private static final int LATE_UP_TO_MS = 2_000;
  private static final MillraceError FENCED =
      new MillraceError(ErrorCode.INELIGIBLE_REPLICA, "fenced for a moment");

  private final ClusterWorld world;
  private final SplittableRandom random;
  private final ControllerWorld controllers;

  /** Proposals that let somebody join, and are late. */
  private final Set<IsrProposal> late = new HashSet<>();

  CommandRoute(ClusterWorld world, SplittableRandom random, ControllerWorld controllers) {
    this.world = world;
    this.random = random;
    this.controllers = controllers;
  }

  /** A process asks a controller. */
  void ask(
      ClusterProcess process,
      ControllerNode node,
      Command command,
      Consumer<CommandResult> answered) {
    if (isLost(process.id(), Cuts.CONTROLLERS)) {
      return;
    }
    List<IsrProposal> proposals =
        command instanceof AlterPartitions alter ? alter.partitions() : List.of();
    proposals.forEach(controllers.invariants()::proposes);
    if (!proposals.isEmpty() && late.containsAll(proposals)) {
      process
          .time()
          .schedule(controllers.delayMs(), () -> answered.accept(refused(proposals.size())));
      return;
    }
    boolean adds = proposals.stream().anyMatch(CommandRoute::letsJoin);
    boolean comesLate = !world.isHealed() && random.nextInt(adds ? LATE_ADDITION : LATE) == 0;
    if (comesLate && proposals.stream().allMatch(CommandRoute::letsJoin)) {
      late.addAll(proposals);
    }
    world
        .time()
        .schedule(
            comesLate
                ? LATE_FROM_MS + random.nextInt(LATE_UP_TO_MS - LATE_FROM_MS)
                : controllers.delayMs(),
            () -> {
              proposals.forEach(late::remove);
              addressee(node, comesLate)
                  .submit(sent(command), result -> answer(process, result, answered));
            });
  }

  private void answer(
      ClusterProcess process, CommandResult result, Consumer<CommandResult> answered) {
    if (!isLost(Cuts.CONTROLLERS, process.id())) {
      process.time().schedule(controllers.delayMs(), () -> answered.accept(result));
    }
  }

  private boolean isLost(int from, int to) {
    return !world.cuts().isOpen(from, to) || (!world.isHealed() && random.nextInt(LOST) == 0);
  }

  private static boolean letsJoin(IsrProposal proposal) {
    return proposal.isr().stream().anyMatch(member -> member.brokerEpoch() >= 0);
  }

  private CommandResult refused(int proposals) {
    PartitionOutcome outcome = new PartitionOutcome(Optional.of(FENCED), Optional.empty());
    return new AlterPartitionsResult(
        Collections.nCopies(proposals, outcome), world.feed().newest().revision());
  }

  /** What a node was late with is passed on to who is active by then. */
  private ControllerNode addressee(ControllerNode asked, boolean comesLate) {
    return comesLate ? world.activeController().orElse(asked) : asked;
  }

  private Command sent(Command command) {
    return world.bugs().sent(controllers.plants().sent(command), world.feed().newest());
  }
}
