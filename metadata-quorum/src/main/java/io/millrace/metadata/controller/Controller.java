package io.millrace.metadata.controller;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.metadata.controller.BrokerCommand.AlterPartitions;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.BrokerCommand.FenceBroker;
import io.millrace.metadata.controller.ClusterCommand.AlterBrokerConfigs;
import io.millrace.metadata.controller.ClusterCommand.AlterClusterConfigs;
import io.millrace.metadata.controller.ClusterCommand.AlterReassignments;
import io.millrace.metadata.controller.ClusterCommand.DrainBroker;
import io.millrace.metadata.controller.ClusterCommand.ElectLeaders;
import io.millrace.metadata.controller.ClusterCommand.UnregisterBroker;
import io.millrace.metadata.controller.ClusterCommand.UpdateFeatureLevel;
import io.millrace.metadata.controller.Command.AdminCommand;
import io.millrace.metadata.controller.Command.AllocateProducerIds;
import io.millrace.metadata.controller.Command.AlterTopicConfigs;
import io.millrace.metadata.controller.Command.AssignDirectories;
import io.millrace.metadata.controller.Command.CreatePartitions;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.Command.DeleteTopic;
import io.millrace.metadata.controller.Command.RegisterBroker;
import io.millrace.metadata.controller.Command.TopicCommand;
import io.millrace.metadata.controller.CommandResult.Done;
import io.millrace.metadata.controller.CommandResult.TopicResult;
import io.millrace.metadata.controller.ControllerPlan.Step;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.Records;
import io.millrace.proto.internal.v1.ControllerActivated;
import io.millrace.proto.internal.v1.FeatureLevelChanged;
import io.millrace.proto.internal.v1.MetadataRecord;
import io.millrace.proto.internal.v1.NoOp;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Decides what commands come to: an image and commands in, records and answers out. Holds no state
 * of its own; confined to the thread of the runtime that drives it.
 *
 * <p>Each command is decided on the image with the records of the commands before it, so that an
 * entry of many is as if each had been alone.
 *
 * <p>A command whose decision breaks down, or comes to records that can't be replayed, shows a
 * defect here. It is refused with INTERNAL, and the defect is told. Nothing that it worked out is
 * kept, so that the other commands are safe; and to stop the process would hand the same command to
 * the next controller, until no voter is left.
 *
 * <p>Not final: the simulation puts defects in, and tests look on.
 */
public class Controller {
  /** The most partitions of a topic. */
  public static final int MAX_PARTITIONS = 10_000;

  /** What an entry has besides its records: epoch, revision, tags. */
  private static final int ENTRY_OVERHEAD_BYTES = 64;

  /** A record's tag and length within the entry. */
  private static final int RECORD_OVERHEAD_BYTES = 5;

  /** How much of a command is told when it shows a defect. */
  private static final int DEFECT_TEXT_LENGTH = 2_000;

  private final ControllerSettings settings;
  private final TopicDecisions topics;
  private final BrokerDecisions brokers;
  private final Registrations registrations;
  private final BrokerStates states;
  private final IsrDecisions isr;
  private final UpkeepDecisions upkeep;
  private final ConfigDecisions clusterConfigs;
  private final Reassignments reassignments;
  private final AdminElections elections;
  private final RequestMemory requests;

  /**
   * A controller.
   *
   * @param topicIds draws the ids of new topics
   */
  public Controller(ControllerSettings settings, Supplier<UUID> topicIds) {
    this.settings = settings;
    DynamicConfigs configs = new DynamicConfigs(settings.topics());
    this.topics = new TopicDecisions(settings, configs, topicIds);
    this.states = new BrokerStates(settings, configs);
    this.brokers = new BrokerDecisions(settings, configs, states);
    this.registrations = new Registrations(settings, configs, states);
    this.isr = new IsrDecisions(configs);
    this.clusterConfigs = new ConfigDecisions(settings, configs, FeatureRange.SUPPORTED);
    this.upkeep = new UpkeepDecisions(settings, configs, states, clusterConfigs);
    this.reassignments = new Reassignments(configs);
    this.elections = new AdminElections(settings, configs);
    this.requests = new RequestMemory(settings);
  }

  /** What a controller writes first in its epoch; in a new cluster, with the feature level. */
  public List<MetadataRecord> activation(MetadataImage image, int nodeId) {
    List<MetadataRecord> records = new ArrayList<>();
    records.add(
        Records.builder()
            .setControllerActivated(ControllerActivated.newBuilder().setNodeId(nodeId))
            .build());
    if (image.featureLevel() == 0) {
      records.add(
          Records.builder()
              .setFeatureLevelChanged(
                  FeatureLevelChanged.newBuilder().setLevel(FeatureRange.SUPPORTED.max()))
              .build());
    }
    return records;
  }

  /** What is written into an idle cluster's log now and then. */
  public List<MetadataRecord> idle() {
    return List.of(Records.builder().setNoOp(NoOp.getDefaultInstance()).build());
  }

  /**
   * Decides as many of the commands, from the first on, as fit into one entry; at least one.
   *
   * @param image the image that the entry will be applied to
   * @param wallMs now, milliseconds since 1970 UTC; for the memory of answered requests
   */
  public ControllerPlan plan(MetadataImage image, List<Command> commands, long wallMs) {
    MetadataImage working = image;
    long revisionAfter = image.revision() + 1;
    List<MetadataRecord> records = new ArrayList<>();
    List<Step> steps = new ArrayList<>();
    List<RuntimeException> defects = new ArrayList<>();
    int bytes = ENTRY_OVERHEAD_BYTES;
    for (Command command : commands) {
      Outcome outcome = outcome(working, command, revisionAfter, wallMs);
      int more = bytes(outcome.decision().records());
      if (bytes + more > settings.maxEntryBytes()) {
        if (!records.isEmpty()) {
          break;
        }
        outcome = new Outcome(Decision.refused(tooLarge(more + ENTRY_OVERHEAD_BYTES)), working);
        more = 0;
      }
      outcome.defect().ifPresent(defects::add);
      working = outcome.after();
      records.addAll(outcome.decision().records());
      steps.add(outcome.decision().step());
      bytes += more;
    }
    return new ControllerPlan(records, steps, defects);
  }

  /**
   * A decision and what it makes of the image.
   *
   * @param defect why there is no decision, for which the command is refused
   */
  private record Outcome(
      Decision decision, MetadataImage after, Optional<RuntimeException> defect) {
    Outcome(Decision decision, MetadataImage after) {
      this(decision, after, Optional.empty());
    }
  }

  private Outcome outcome(MetadataImage image, Command command, long revisionAfter, long wallMs) {
    try {
      Decision decision = decide(image, command, revisionAfter, wallMs);
      return new Outcome(decision, Replays.after(image, decision.records()));
    } catch (RuntimeException e) {
      String what = command.toString();
      String told = what.substring(0, Math.min(what.length(), DEFECT_TEXT_LENGTH));
      return new Outcome(
          Decision.refused(ErrorCode.INTERNAL, "the controller failed to decide this: " + e),
          image,
          Optional.of(new IllegalStateException("no decision for " + told, e)));
    }
  }

  private Decision decide(MetadataImage image, Command command, long revisionAfter, long wallMs) {
    try {
      if (command instanceof AdminCommand admin) {
        return decideAdmin(image, admin, revisionAfter, wallMs);
      } else if (command instanceof BrokerCommand broker) {
        return decideBroker(image, broker, revisionAfter);
      } else if (command instanceof UpkeepCommand own) {
        return upkeep.decide(image, own, revisionAfter);
      } else if (command instanceof RegisterBroker register) {
        return registrations.register(image, register, revisionAfter);
      } else if (command instanceof AllocateProducerIds allocate) {
        return brokers.allocateProducerIds(image, allocate, revisionAfter);
      } else if (command instanceof AssignDirectories assign) {
        return brokers.assignDirectories(image, assign, revisionAfter);
      }
      throw undecided(command);
    } catch (MillraceException refusal) {
      return Decision.refused(refusal.error());
    }
  }

  private Decision decideBroker(MetadataImage image, BrokerCommand command, long revisionAfter) {
    if (command instanceof BrokerHeartbeat heartbeat) {
      return states.heartbeat(image, heartbeat, revisionAfter);
    } else if (command instanceof FenceBroker fence) {
      return states.fence(image, fence, revisionAfter);
    } else if (command instanceof AlterPartitions alter) {
      return isr.alter(image, alter, revisionAfter);
    }
    throw undecided(command);
  }

  private Decision decideAdmin(
      MetadataImage image, AdminCommand command, long revisionAfter, long wallMs) {
    Optional<Decision> repeated = requests.recall(image, command, wallMs);
    if (repeated.isPresent()) {
      return repeated.get();
    }
    Change change = change(image, command);
    if (change.more() && !command.options().validateOnly()) {
      return Decision.goOn(change.records());
    }
    if (command.options().validateOnly()) {
      int size = bytes(change.records()) + ENTRY_OVERHEAD_BYTES;
      return size > settings.maxEntryBytes()
          ? Decision.refused(tooLarge(size))
          : Decision.answer(validated(image, command, change));
    }
    List<MetadataRecord> records = new ArrayList<>(change.records());
    command
        .options()
        .requestId()
        .filter(id -> !(command instanceof ElectLeaders))
        .ifPresent(
            id ->
                records.add(
                    requests.remember(id, command, change.topicId(), revisionAfter, wallMs)));
    long revision = records.isEmpty() ? image.revision() : revisionAfter;
    return Decision.answer(
        records,
        command instanceof TopicCommand
            ? new TopicResult(change.topicId(), revision)
            : new Done(revision));
  }

  private static CommandResult validated(MetadataImage image, AdminCommand command, Change change) {
    if (command instanceof TopicCommand) {
      boolean create = command instanceof CreateTopic;
      return new TopicResult(create ? Optional.empty() : change.topicId(), image.revision());
    }
    return new Done(image.revision());
  }

  /**
   * What an administrator's command changes.
   *
   * @param topicId the topic, if it is about one
   * @param records what becomes true; none when it is so already
   * @param more whether more entries may follow before it is done
   */
  record Change(Optional<UUID> topicId, List<MetadataRecord> records, boolean more) {
    /** A change of a topic in one entry. */
    Change(UUID topicId, List<MetadataRecord> records) {
      this(Optional.of(topicId), records, false);
    }

    /** A change in one entry that is about no topic. */
    Change(List<MetadataRecord> records) {
      this(Optional.empty(), records, false);
    }

    /** A step of a change that is about no topic. */
    Change(BrokerStates.Step step) {
      this(Optional.empty(), step.records(), step.more());
    }
  }

  private Change change(MetadataImage image, AdminCommand command) {
    if (command instanceof CreateTopic create) {
      return topics.create(image, create);
    } else if (command instanceof DeleteTopic delete) {
      return topics.delete(image, delete);
    } else if (command instanceof AlterTopicConfigs alter) {
      return topics.alterConfigs(image, alter);
    } else if (command instanceof CreatePartitions grow) {
      return topics.grow(image, grow);
    }
    return clusterChange(image, command);
  }

  private Change clusterChange(MetadataImage image, AdminCommand command) {
    if (command instanceof UnregisterBroker unregister) {
      return new Change(brokers.unregister(image, unregister));
    } else if (command instanceof DrainBroker drain) {
      return new Change(states.drain(image, drain));
    } else if (command instanceof AlterClusterConfigs alter) {
      return new Change(clusterConfigs.alterCluster(image, alter));
    } else if (command instanceof AlterBrokerConfigs alter) {
      return new Change(clusterConfigs.alterBroker(image, alter));
    } else if (command instanceof UpdateFeatureLevel update) {
      return new Change(clusterConfigs.updateFeatures(image, update));
    } else if (command instanceof ElectLeaders elect) {
      return new Change(elections.elect(image, elect));
    } else if (command instanceof AlterReassignments alter) {
      return new Change(reassignments.alter(image, alter));
    }
    throw undecided(command);
  }

  private static IllegalStateException undecided(Command command) {
    return new IllegalStateException("no decision for a " + command.getClass().getSimpleName());
  }

  private MillraceError tooLarge(int bytes) {
    int limit = settings.maxEntryBytes();
    return new MillraceError(
        ErrorCode.REQUEST_TOO_LARGE,
        "the request comes to " + bytes + " bytes of metadata (expected: at most " + limit + ")",
        Map.of("bytes", "" + bytes, "limit", "" + limit));
  }

  private static int bytes(List<MetadataRecord> records) {
    return records.stream()
        .mapToInt(record -> record.getSerializedSize() + RECORD_OVERHEAD_BYTES)
        .sum();
  }
}
