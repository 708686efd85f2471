package io.millrace.metadata.controller;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.controller.ClusterCommand.UnregisterBroker;
import io.millrace.metadata.controller.Command.AllocateProducerIds;
import io.millrace.metadata.controller.Command.AssignDirectories;
import io.millrace.metadata.controller.CommandResult.Done;
import io.millrace.metadata.controller.CommandResult.ProducerIdBlock;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.Records;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.internal.v1.BrokerUnregistered;
import io.millrace.proto.internal.v1.MetadataRecord;
import io.millrace.proto.internal.v1.ProducerIdsAllocated;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * Further commands of brokers, and about them, as records. Every method throws {@link
 * MillraceException} for a refusal.
 */
final class BrokerDecisions {
  private static final int MAX_PRODUCER_IDS = 1_000_000;

  /** An order that is the same in every run: a map has none. */
  private static final Comparator<TopicIdPartition> BY_TOPIC_AND_NUMBER =
      Comparator.comparing(TopicIdPartition::topicId).thenComparing(TopicIdPartition::partition);

  private final ControllerSettings settings;
  private final DynamicConfigs configs;
  private final BrokerStates states;

  BrokerDecisions(ControllerSettings settings, DynamicConfigs configs, BrokerStates states) {
    this.settings = settings;
    this.configs = configs;
    this.states = states;
  }

  Decision allocateProducerIds(
      MetadataImage image, AllocateProducerIds command, long revisionAfter) {
    BrokerLookup.registered(image, command.brokerId(), command.brokerEpoch());
    if (command.count() < 1 || command.count() > MAX_PRODUCER_IDS) {
      throw new MillraceException(
          ErrorCode.INVALID_REQUEST,
          "count: " + command.count() + " (expected: 1 to " + MAX_PRODUCER_IDS + ")");
    }
    long first = image.nextProducerId();
    MetadataRecord record =
        Records.builder()
            .setProducerIdsAllocated(
                ProducerIdsAllocated.newBuilder()
                    .setBrokerId(command.brokerId())
                    .setBrokerEpoch(command.brokerEpoch())
                    .setFirstProducerId(first)
                    .setCount(command.count()))
            .build();
    return Decision.answer(
        List.of(record), new ProducerIdBlock(first, command.count(), revisionAfter));
  }

  Decision assignDirectories(MetadataImage image, AssignDirectories command, long revisionAfter) {
    BrokerImage broker = BrokerLookup.registered(image, command.brokerId(), command.brokerEpoch());
    PartitionChangeSet changes = new PartitionChangeSet(settings.maxEntryBytes() / 2);
    List<TopicIdPartition> inOrder =
        command.directories().keySet().stream().sorted(BY_TOPIC_AND_NUMBER).toList();
    for (TopicIdPartition name : inOrder) {
      UUID directory = Objects.requireNonNull(command.directories().get(name));
      if (!broker.directories().contains(directory)) {
        throw new MillraceException(
            ErrorCode.INVALID_REQUEST,
            "directory: " + directory + " (expected: one of " + broker.directories() + ")");
      }
      Optional<TopicImage> topic = image.topic(name.topicId());
      Optional<PartitionImage> before = topic.flatMap(t -> t.partition(name.partition()));
      if (before.isPresent() && before.get().replicas().contains(broker.id())) {
        // A replica whose directory was lost may be the last known leader: it can be elected now.
        Eligibility eligibility = new Eligibility(image, topic.orElseThrow(), configs);
        new PartitionTransition(before.get(), eligibility)
            .assignment(before.get().assignment().withDirectory(broker.id(), directory))
            .next()
            .ifPresent(
                next -> changes.add(topic.orElseThrow(), name.partition(), before.get(), next));
        if (changes.full()) {
          return Decision.goOn(changes.records());
        }
      }
    }
    return Decision.answer(
        changes.records(), new Done(changes.isEmpty() ? image.revision() : revisionAfter));
  }

  /**
   * Takes a fenced broker out of the cluster. Its fencing may not be done yet: who is not
   * registered could be found leading for ever.
   */
  BrokerStates.Step unregister(MetadataImage image, UnregisterBroker command) {
    BrokerImage broker = BrokerLookup.existing(image, command.brokerId());
    if (command.brokerEpoch() != 0) {
      BrokerLookup.registered(image, command.brokerId(), command.brokerEpoch());
    }
    if (!broker.fenced()) {
      throw new MillraceError(
              ErrorCode.POLICY_VIOLATION,
              "broker "
                  + broker.id()
                  + " is "
                  + broker.state()
                  + " (expected: FENCED; stop the broker first)",
              Map.of("broker_id", "" + broker.id()))
          .exception();
    }
    BrokerStates.Step leaving = states.leave(image, broker.id());
    if (leaving.more()) {
      return leaving;
    }
    List<MetadataRecord> records = new ArrayList<>(leaving.records());
    records.add(
        Records.builder()
            .setBrokerUnregistered(
                BrokerUnregistered.newBuilder()
                    .setBrokerId(broker.id())
                    .setBrokerEpoch(broker.epoch()))
            .build());
    return new BrokerStates.Step(records, false);
  }
}
