package io.millrace.metadata.controller;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.controller.Command.AllocateProducerIds;
import io.millrace.metadata.controller.Command.AssignDirectories;
import io.millrace.metadata.controller.Command.RegisterBroker;
import io.millrace.metadata.controller.CommandResult.BrokerResult;
import io.millrace.metadata.controller.CommandResult.Done;
import io.millrace.metadata.controller.CommandResult.ProducerIdBlock;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.BrokerRegistration;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.Records;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.internal.v1.MetadataRecord;
import io.millrace.proto.internal.v1.ProducerIdsAllocated;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * The brokers' commands as records. Every method throws {@link MillraceException} for a refusal.
 *
 * <p>A command may touch more partitions than an entry has room for. It runs in steps, each an
 * entry that is valid alone, and finds in the image how far it is. A registration's steps:
 *
 * <ol>
 *   <li>what an earlier process of the broker leads loses its leader: were the new process to lead
 *       on in the same epoch, records that the old one lost could be replaced unseen (S12);
 *   <li>the new process is registered;
 *   <li>partitions without a leader elect one, now that the broker is there.
 * </ol>
 */
final class BrokerDecisions {
  private static final int MAX_PRODUCER_IDS = 1_000_000;

  /** An order that is the same in every run: a map has none. */
  private static final Comparator<TopicIdPartition> BY_TOPIC_AND_NUMBER =
      Comparator.comparing(TopicIdPartition::topicId).thenComparing(TopicIdPartition::partition);

  private final ControllerSettings settings;

  BrokerDecisions(ControllerSettings settings) {
    this.settings = settings;
  }

  Decision register(MetadataImage image, RegisterBroker command, long revisionAfter) {
    check(image, command);
    Optional<BrokerImage> known = image.broker(command.brokerId());
    boolean sameProcess =
        known.isPresent()
            && known.get().registration().incarnationId().equals(command.incarnationId());
    if (sameProcess && !known.get().fenced()) {
      return elect(image, known.get(), revisionAfter);
    }
    PartitionChangeSet unseated =
        changes(
            image,
            partition -> partition.leader() == command.brokerId(),
            PartitionImage::withoutLeader);
    List<MetadataRecord> records = new ArrayList<>(unseated.records());
    if (!unseated.full()) {
      records.add(Records.brokerRegistered(broker(command, revisionAfter)));
    }
    return Decision.goOn(records);
  }

  private Decision elect(MetadataImage image, BrokerImage broker, long revisionAfter) {
    PartitionChangeSet elected =
        changes(
            image,
            partition ->
                partition.leader() == PartitionImage.NO_BROKER
                    && partition.replicas().contains(broker.id())
                    && Elections.leader(partition, image).isPresent(),
            partition -> partition.withLeader(Elections.leader(partition, image).orElseThrow()));
    if (elected.full()) {
      return Decision.goOn(elected.records());
    }
    long revision = elected.isEmpty() ? image.revision() : revisionAfter;
    return Decision.answer(elected.records(), new BrokerResult(broker.epoch(), revision));
  }

  Decision allocateProducerIds(
      MetadataImage image, AllocateProducerIds command, long revisionAfter) {
    registered(image, command.brokerId(), command.brokerEpoch());
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
    BrokerImage broker = registered(image, command.brokerId(), command.brokerEpoch());
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
        if (!before.get().directoryOf(broker.id()).equals(directory)) {
          PartitionImage after = before.get().withDirectory(broker.id(), directory);
          changes.add(topic.orElseThrow(), name.partition(), before.get(), after);
          if (changes.full()) {
            return Decision.goOn(changes.records());
          }
        }
      }
    }
    return Decision.answer(
        changes.records(), new Done(changes.isEmpty() ? image.revision() : revisionAfter));
  }

  private static void check(MetadataImage image, RegisterBroker command) {
    if (command.brokerId() < 1) {
      throw new MillraceException(
          ErrorCode.INVALID_REQUEST, "broker id: " + command.brokerId() + " (expected: >= 1)");
    }
    if (command.directories().isEmpty()) {
      throw new MillraceException(
          ErrorCode.INVALID_REQUEST, "directories: none (expected: at least one that is online)");
    }
    if (!command.features().contains(image.featureLevel())) {
      throw new MillraceError(
              ErrorCode.UNSUPPORTED,
              "feature levels of broker "
                  + command.brokerId()
                  + ": "
                  + command.features().min()
                  + " to "
                  + command.features().max()
                  + " (expected: the cluster's level, "
                  + image.featureLevel()
                  + ", among them)",
              Map.of("feature_level", "" + image.featureLevel()))
          .exception();
    }
  }

  private static BrokerImage registered(MetadataImage image, int brokerId, long brokerEpoch) {
    return image
        .broker(brokerId)
        .filter(broker -> broker.epoch() == brokerEpoch)
        .orElseThrow(
            () ->
                new MillraceException(
                    ErrorCode.INVALID_REQUEST,
                    "broker "
                        + brokerId
                        + ", epoch: "
                        + brokerEpoch
                        + " (expected: "
                        + image
                            .broker(brokerId)
                            .map(known -> "epoch " + known.epoch())
                            .orElse("a registered broker")
                        + ")"));
  }

  private static BrokerImage broker(RegisterBroker command, long epoch) {
    return new BrokerImage(
        command.brokerId(),
        new BrokerRegistration(epoch, command.incarnationId(), command.directories()),
        command.clientEndpoint(),
        command.internalEndpoint(),
        command.rack(),
        command.features(),
        false);
  }

  /** Changes the partitions that are meant, as many as fit into half an entry. */
  private PartitionChangeSet changes(
      MetadataImage image, Predicate<PartitionImage> meant, UnaryOperator<PartitionImage> change) {
    PartitionChangeSet changes = new PartitionChangeSet(settings.maxEntryBytes() / 2);
    for (TopicImage topic : image.topics().byId().values()) {
      int number = 0;
      for (PartitionImage before : topic.partitions()) {
        if (meant.test(before)) {
          changes.add(topic, number, before, change.apply(before));
          if (changes.full()) {
            return changes;
          }
        }
        number++;
      }
    }
    return changes;
  }
}
