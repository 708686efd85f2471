package io.millrace.metadata.controller;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.metadata.controller.Command.AdminCommand;
import io.millrace.metadata.controller.Command.AllocateProducerIds;
import io.millrace.metadata.controller.Command.AlterTopicConfigs;
import io.millrace.metadata.controller.Command.AssignDirectories;
import io.millrace.metadata.controller.Command.CreatePartitions;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.Command.DeleteTopic;
import io.millrace.metadata.controller.Command.RegisterBroker;
import io.millrace.metadata.controller.CommandResult.TopicResult;
import io.millrace.metadata.controller.ControllerPlan.Step;
import io.millrace.metadata.controller.TopicDecisions.TopicChange;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.MetadataReplay;
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
 */
public final class Controller {
  /** The most partitions of a topic. */
  public static final int MAX_PARTITIONS = 10_000;

  /** What an entry has besides its records: epoch, revision, tags. */
  private static final int ENTRY_OVERHEAD_BYTES = 64;

  /** A record's tag and length within the entry. */
  private static final int RECORD_OVERHEAD_BYTES = 5;

  private final ControllerSettings settings;
  private final TopicDecisions topics;
  private final BrokerDecisions brokers;
  private final RequestMemory requests;

  /**
   * A controller.
   *
   * @param topicIds draws the ids of new topics
   */
  public Controller(ControllerSettings settings, Supplier<UUID> topicIds) {
    this.settings = settings;
    this.topics = new TopicDecisions(settings, topicIds);
    this.brokers = new BrokerDecisions(settings);
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
    int bytes = ENTRY_OVERHEAD_BYTES;
    for (Command command : commands) {
      Decision decision = decide(working, command, revisionAfter, wallMs);
      int more = bytes(decision.records());
      if (bytes + more > settings.maxEntryBytes()) {
        if (!records.isEmpty()) {
          break;
        }
        decision = Decision.refused(tooLarge(more + ENTRY_OVERHEAD_BYTES));
        more = 0;
      }
      working = replayed(working, decision.records());
      records.addAll(decision.records());
      steps.add(decision.step());
      bytes += more;
    }
    return new ControllerPlan(records, steps);
  }

  private Decision decide(MetadataImage image, Command command, long revisionAfter, long wallMs) {
    try {
      if (command instanceof AdminCommand admin) {
        return decideAdmin(image, admin, revisionAfter, wallMs);
      } else if (command instanceof RegisterBroker register) {
        return brokers.register(image, register, revisionAfter);
      } else if (command instanceof AllocateProducerIds allocate) {
        return brokers.allocateProducerIds(image, allocate, revisionAfter);
      } else if (command instanceof AssignDirectories assign) {
        return brokers.assignDirectories(image, assign, revisionAfter);
      }
      throw new IllegalStateException("no decision for a " + command.getClass().getSimpleName());
    } catch (MillraceException refusal) {
      return Decision.refused(refusal.error());
    }
  }

  private Decision decideAdmin(
      MetadataImage image, AdminCommand command, long revisionAfter, long wallMs) {
    Optional<Decision> repeated = requests.recall(image, command, wallMs);
    if (repeated.isPresent()) {
      return repeated.get();
    }
    TopicChange change = change(image, command);
    if (command.options().validateOnly()) {
      int size = bytes(change.records()) + ENTRY_OVERHEAD_BYTES;
      if (size > settings.maxEntryBytes()) {
        return Decision.refused(tooLarge(size));
      }
      return Decision.answer(
          new TopicResult(
              command instanceof CreateTopic ? Optional.empty() : Optional.of(change.topicId()),
              image.revision()));
    }
    List<MetadataRecord> records = new ArrayList<>(change.records());
    command
        .options()
        .requestId()
        .ifPresent(
            id ->
                records.add(
                    requests.remember(id, command, change.topicId(), revisionAfter, wallMs)));
    return Decision.answer(
        records,
        new TopicResult(
            Optional.of(change.topicId()), records.isEmpty() ? image.revision() : revisionAfter));
  }

  private TopicChange change(MetadataImage image, AdminCommand command) {
    if (command instanceof CreateTopic create) {
      return topics.create(image, create);
    } else if (command instanceof DeleteTopic delete) {
      return topics.delete(image, delete);
    } else if (command instanceof AlterTopicConfigs alter) {
      return topics.alterConfigs(image, alter);
    } else if (command instanceof CreatePartitions grow) {
      return topics.grow(image, grow);
    }
    throw new IllegalStateException("no decision for a " + command.getClass().getSimpleName());
  }

  private MillraceError tooLarge(int bytes) {
    int limit = settings.maxEntryBytes();
    return new MillraceError(
        ErrorCode.REQUEST_TOO_LARGE,
        "the request comes to " + bytes + " bytes of metadata (expected: at most " + limit + ")",
        Map.of("bytes", "" + bytes, "limit", "" + limit));
  }

  private static MetadataImage replayed(MetadataImage image, List<MetadataRecord> records) {
    if (records.isEmpty()) {
      return image;
    }
    MetadataReplay replay = new MetadataReplay(image);
    records.forEach(replay::replay);
    return replay.image();
  }

  private static int bytes(List<MetadataRecord> records) {
    return records.stream()
        .mapToInt(record -> record.getSerializedSize() + RECORD_OVERHEAD_BYTES)
        .sum();
  }
}
