package io.millrace.metadata.controller;

import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.BrokerCommand.FenceBroker;
import io.millrace.metadata.controller.ClusterCommand.DrainBroker;
import io.millrace.metadata.controller.CommandResult.Done;
import io.millrace.metadata.controller.CommandResult.HeartbeatResult;
import io.millrace.metadata.controller.PartitionTransition.Next;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.Records;
import io.millrace.proto.internal.v1.MetadataRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Moves brokers between their states, and their partitions with them.
 *
 * <p>The broker's own state changes first and its partitions after it, in as many entries as it
 * takes: from the first one on nothing new comes to the broker.
 */
final class BrokerStates {
  private final ControllerSettings settings;
  private final DynamicConfigs configs;

  BrokerStates(ControllerSettings settings, DynamicConfigs configs) {
    this.settings = settings;
    this.configs = configs;
  }

  /**
   * A part of a change that may need several entries.
   *
   * @param records what becomes true; none when all is done
   * @param more whether something may be left for the next entry
   */
  record Step(List<MetadataRecord> records, boolean more) {}

  Decision heartbeat(MetadataImage image, BrokerHeartbeat command, long revisionAfter) {
    BrokerImage broker = BrokerLookup.registered(image, command.brokerId(), command.brokerEpoch());
    boolean caughtUp = command.revision() >= broker.epoch();
    BrokerState state = wanted(broker, command, caughtUp);
    Step step = step(image, broker, state, command);
    boolean stopping = state == BrokerState.IN_CONTROLLED_SHUTDOWN;
    if (step.more() || (stopping && !step.records().isEmpty())) {
      return Decision.goOn(step.records());
    }
    long revision = step.records().isEmpty() ? image.revision() : revisionAfter;
    boolean mayStop = command.wantShutDown() && state != BrokerState.ACTIVE;
    return Decision.answer(
        step.records(),
        new HeartbeatResult(caughtUp, state == BrokerState.FENCED, mayStop, revision));
  }

  /** The state that a broker is in after its heartbeat. */
  private static BrokerState wanted(BrokerImage broker, BrokerHeartbeat command, boolean caughtUp) {
    boolean noDirectory = command.offlineDirectories().containsAll(broker.directories());
    return switch (broker.state()) {
      case FENCED ->
          command.wantFence() || command.wantShutDown() || !caughtUp || noDirectory
              ? BrokerState.FENCED
              : BrokerState.ACTIVE;
      case ACTIVE, IN_CONTROLLED_SHUTDOWN -> {
        if (command.wantFence() || noDirectory) {
          yield BrokerState.FENCED;
        }
        yield command.wantShutDown() ? BrokerState.IN_CONTROLLED_SHUTDOWN : broker.state();
      }
    };
  }

  private Step step(
      MetadataImage image, BrokerImage broker, BrokerState state, BrokerHeartbeat command) {
    List<MetadataRecord> records = new ArrayList<>();
    if (state != broker.state()) {
      records.add(Records.brokerState(broker, state));
    }
    List<UUID> online = new ArrayList<>(broker.directories());
    if (online.removeAll(command.offlineDirectories()) && !online.isEmpty()) {
      records.add(Records.brokerDirectories(broker, online));
    }
    MetadataImage then = Replays.after(image, records);
    PartitionSweep sweep = sweep(then);
    if (broker.fenced() && state == BrokerState.ACTIVE) {
      // What does not fit is left to the upkeep: the broker need not wait for it.
      electOffline(then, sweep);
      records.addAll(sweep.records());
      return new Step(records, false);
    }
    boolean steady = records.isEmpty() && command.offlineDirectories().isEmpty();
    if (state != BrokerState.ACTIVE || !steady) {
      moveAway(then, sweep, broker.id());
    }
    records.addAll(sweep.records());
    return new Step(records, sweep.full());
  }

  Decision fence(MetadataImage image, FenceBroker command, long revisionAfter) {
    Optional<BrokerImage> broker =
        image.broker(command.brokerId()).filter(b -> b.epoch() == command.brokerEpoch());
    if (broker.isEmpty()) {
      return Decision.answer(new Done(image.revision()));
    }
    Step step = fence(image, broker.get());
    if (step.more()) {
      return Decision.goOn(step.records());
    }
    boolean nothing = step.records().isEmpty();
    return Decision.answer(step.records(), new Done(nothing ? image.revision() : revisionAfter));
  }

  /** Fences a broker and takes it out of every ISR; nothing when that is so already. */
  Step fence(MetadataImage image, BrokerImage broker) {
    List<MetadataRecord> records = new ArrayList<>();
    if (!broker.fenced()) {
      records.add(Records.brokerState(broker, BrokerState.FENCED));
    }
    MetadataImage then = Replays.after(image, records);
    PartitionSweep sweep = sweep(then);
    moveAway(then, sweep, broker.id());
    records.addAll(sweep.records());
    return new Step(records, sweep.full());
  }

  /** Takes a broker that is fenced, or not registered, out of every ISR; nothing if it is so. */
  Step leave(MetadataImage image, int broker) {
    PartitionSweep sweep = sweep(image);
    moveAway(image, sweep, broker);
    return new Step(sweep.records(), sweep.full());
  }

  /**
   * Drains a broker, or ends that. Others lead what it leads, where others can; and when it may
   * lead again, it leads what other drained brokers led because nobody else could.
   */
  Step drain(MetadataImage image, DrainBroker command) {
    int broker = BrokerLookup.existing(image, command.brokerId()).id();
    List<MetadataRecord> records = new ArrayList<>();
    if (image.drained(broker) != command.drained()) {
      records.add(Records.brokerDrain(broker, command.drained()));
    }
    MetadataImage then = Replays.after(image, records);
    PartitionSweep sweep = sweep(then);
    if (command.drained()) {
      handOver(then, sweep, broker);
    } else {
      takeOver(then, sweep, broker);
    }
    records.addAll(sweep.records());
    return new Step(records, sweep.full());
  }

  private static void handOver(MetadataImage image, PartitionSweep sweep, int broker) {
    sweep.over(
        image.topics().withReplicasOn(broker),
        (eligibility, number, partition) ->
            partition.leader() == broker
                ? new PartitionTransition(partition, eligibility).next()
                : Optional.empty());
  }

  private static void takeOver(MetadataImage image, PartitionSweep sweep, int broker) {
    sweep.over(
        image.topics().withReplicasOn(broker),
        (eligibility, number, partition) ->
            partition.isr().contains(broker) && eligibility.drained(partition.leader())
                ? new PartitionTransition(partition, eligibility).next()
                : Optional.empty());
  }

  /** Elects leaders for partitions that have none. */
  Step electOffline(MetadataImage image) {
    PartitionSweep sweep = sweep(image);
    electOffline(image, sweep);
    return new Step(sweep.records(), sweep.full());
  }

  /**
   * Does what was left to do for brokers that are fenced, not registered or drained, and partitions
   * without a leader. One thing at a time: the next one may be about the same partitions, and looks
   * at them as they are then.
   */
  Step repair(MetadataImage image) {
    for (int broker : image.topics().brokersWithReplicas()) {
      PartitionSweep sweep = sweep(image);
      if (image.broker(broker).filter(known -> !known.fenced()).isEmpty()) {
        moveAway(image, sweep, broker);
      }
      if (sweep.isEmpty() && image.drained(broker)) {
        handOver(image, sweep, broker);
      }
      if (!sweep.isEmpty()) {
        return new Step(sweep.records(), true);
      }
    }
    return electOffline(image);
  }

  private PartitionSweep sweep(MetadataImage image) {
    return new PartitionSweep(image, configs, settings.maxEntryBytes() / 2);
  }

  private static void electOffline(MetadataImage image, PartitionSweep sweep) {
    sweep.over(
        image.topics().withoutSomeLeader(),
        (eligibility, number, partition) ->
            partition.leader() == PartitionImage.NO_BROKER
                ? new PartitionTransition(partition, eligibility).next()
                : Optional.empty());
  }

  /** Takes a broker out of the ISRs that it may not stay in; who leads there leads no more. */
  private static void moveAway(MetadataImage image, PartitionSweep sweep, int broker) {
    sweep.over(
        image.topics().withReplicasOn(broker),
        (eligibility, number, partition) -> moveAway(eligibility, partition, broker));
  }

  private static Optional<Next> moveAway(
      Eligibility eligibility, PartitionImage partition, int broker) {
    if (!partition.isr().contains(broker) && partition.leader() != broker) {
      return Optional.empty();
    }
    if (eligibility.active(partition.assignment(), broker)) {
      return Optional.empty();
    }
    boolean stopping = eligibility.stopping(partition.assignment(), broker);
    boolean anyOther =
        partition.isr().stream()
            .anyMatch(id -> id != broker && eligibility.active(partition.assignment(), id));
    return stopping && !anyOther
        ? Optional.empty()
        : new PartitionTransition(partition, eligibility).dropFromIsr(broker).next();
  }
}
