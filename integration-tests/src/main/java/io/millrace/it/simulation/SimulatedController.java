package io.millrace.it.simulation;

import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.BrokerCommand.FenceBroker;
import io.millrace.metadata.controller.ClusterCommand.AlterReassignments;
import io.millrace.metadata.controller.ClusterCommand.DrainBroker;
import io.millrace.metadata.controller.ClusterCommand.UnregisterBroker;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult.Done;
import io.millrace.metadata.controller.Controller;
import io.millrace.metadata.controller.ControllerPlan;
import io.millrace.metadata.controller.ControllerPlan.Step;
import io.millrace.metadata.controller.ControllerSettings;
import io.millrace.metadata.controller.UpkeepCommand.RepairPartitions;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.MetadataReplay;
import io.millrace.proto.internal.v1.MetadataRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * A controller whose defects end the run, and that has the one that is planted. Confined to the
 * simulation's thread.
 */
final class SimulatedController extends Controller {
  private final ControllerWorld world;
  private final Optional<PlantedBug> bug;

  /** The last controller epoch in which what was left half done was finished. */
  private long repairedEpoch;

  SimulatedController(
      ControllerSettings settings,
      Supplier<UUID> topicIds,
      ControllerWorld world,
      Optional<PlantedBug> bug) {
    super(settings, topicIds);
    this.world = world;
    this.bug = bug;
  }

  @Override
  public ControllerPlan plan(MetadataImage image, List<Command> commands, long wallMs) {
    int first = 0;
    while (first < commands.size() && !touches(commands.get(first))) {
      first++;
    }
    ControllerPlan plan = sound(image, commands.subList(0, first), wallMs);
    if (first == commands.size() || plan.steps().size() < first) {
      return plan;
    }
    Command command = commands.get(first);
    MetadataReplay replay = new MetadataReplay(image);
    plan.records().forEach(replay::replay);
    MetadataImage then = replay.image();
    ControllerPlan with = planted(then, command, sound(then, List.of(command), wallMs));
    List<MetadataRecord> records = new ArrayList<>(plan.records());
    records.addAll(with.records());
    List<Step> steps = new ArrayList<>(plan.steps());
    steps.addAll(with.steps());
    return new ControllerPlan(records, steps, List.of());
  }

  /** What a good controller plans. */
  private ControllerPlan sound(MetadataImage image, List<Command> commands, long wallMs) {
    ControllerPlan plan = super.plan(image, commands, wallMs);
    if (!plan.defects().isEmpty()) {
      throw plan.defects().get(0);
    }
    count(commands, plan);
    return plan;
  }

  private void count(List<Command> commands, ControllerPlan plan) {
    for (int i = 0; i < plan.steps().size(); i++) {
      Command command = commands.get(i);
      boolean ofABroker =
          command instanceof FenceBroker
              || command instanceof DrainBroker
              || command instanceof BrokerHeartbeat
              || command instanceof UnregisterBroker;
      if (ofABroker && plan.steps().get(i) instanceof Step.GoOn) {
        world.stats().partsOfChanges++;
        world.halfDone();
      } else if (command instanceof RepairPartitions && plan.steps().get(i) instanceof Step.GoOn) {
        world.stats().repairs++;
      }
    }
  }

  private boolean touches(Command command) {
    return bug.filter(
            planted ->
                switch (planted) {
                  case REPAIR_CHANGES_TWICE, HALF_DONE_CHANGE_KEPT ->
                      command instanceof RepairPartitions;
                  case TAKEN_OUT_WHILE_LEADING -> command instanceof UnregisterBroker;
                  case REASSIGNMENT_ENDS_TOO_EARLY -> command instanceof AlterReassignments;
                  default -> false;
                })
        .isPresent();
  }

  private ControllerPlan planted(MetadataImage image, Command command, ControllerPlan plan) {
    if (command instanceof RepairPartitions && bug.get() == PlantedBug.REPAIR_CHANGES_TWICE) {
      return PlantedPlans.changedTwice(image, plan);
    } else if (command instanceof RepairPartitions) {
      return onlyOnceInAnEpoch(image, plan);
    } else if (command instanceof UnregisterBroker unregister) {
      return PlantedPlans.takenOutAtOnce(image, unregister, plan);
    }
    return PlantedPlans.endedAtOnce(image, plan);
  }

  private ControllerPlan onlyOnceInAnEpoch(MetadataImage image, ControllerPlan plan) {
    long epoch = image.controller().epoch();
    if (epoch == repairedEpoch) {
      return new ControllerPlan(
          List.of(), List.of(new Step.Answer(new Done(image.revision()))), List.of());
    }
    if (plan.steps().get(0) instanceof Step.Answer) {
      repairedEpoch = epoch;
    }
    return plan;
  }
}
