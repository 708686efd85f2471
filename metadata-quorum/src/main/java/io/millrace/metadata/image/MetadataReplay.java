package io.millrace.metadata.image;

import io.millrace.metadata.image.MetadataImage.ControllerImage;
import io.millrace.metadata.image.MetadataImage.Counters;
import io.millrace.proto.internal.v1.BrokerConfigChanged;
import io.millrace.proto.internal.v1.BrokerDirectoriesChanged;
import io.millrace.proto.internal.v1.BrokerFencingChanged;
import io.millrace.proto.internal.v1.BrokerUnregistered;
import io.millrace.proto.internal.v1.ClusterConfigChanged;
import io.millrace.proto.internal.v1.ConfigChange;
import io.millrace.proto.internal.v1.MetadataRecord;
import io.millrace.proto.internal.v1.PartitionChange;
import io.millrace.proto.internal.v1.PartitionsChanged;
import io.millrace.proto.internal.v1.PartitionsCreated;
import io.millrace.proto.internal.v1.ProducerIdsAllocated;
import io.millrace.proto.internal.v1.RequestAnswered;
import io.millrace.proto.internal.v1.TopicConfigChanged;
import io.millrace.proto.internal.v1.TopicCreated;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.pcollections.PSortedMap;
import org.pcollections.PVector;

/**
 * Replays records on an image. Confined to one thread; used for one entry (or one snapshot) and
 * thrown away.
 *
 * <p>The replay of a record depends on the record and the image only, and never changes from one
 * version of the software to the next.
 *
 * <p>Every method throws {@link InvalidRecordException} for what can't be replayed; the replay is
 * worthless then.
 */
public final class MetadataReplay {
  private final MetadataImage base;
  private MetadataImage image;

  /** The topics that records spoke of, with the partitions they spoke of. */
  private final SortedMap<UUID, SortedSet<Integer>> touchedTopics = new TreeMap<>();

  private final SortedSet<Integer> touchedBrokers = new TreeSet<>();

  /** The brokers whose own configuration records spoke of; 0 for that of all brokers. */
  private final SortedSet<Integer> touchedConfigs = new TreeSet<>();

  public MetadataReplay(MetadataImage base) {
    this.base = base;
    this.image = base;
  }

  /** The image with what was replayed so far, still at the base's revision. */
  public MetadataImage image() {
    return image;
  }

  /** The image with everything that was replayed, at its revision. */
  public MetadataImage finish(long revision, ControllerImage controller) {
    image = image.withController(controller).withRevision(revision);
    return image;
  }

  /** What changed from the base to the image. */
  public MetadataDelta delta() {
    SortedMap<UUID, TopicDelta> topics = new TreeMap<>();
    touchedTopics.forEach(
        (id, partitions) -> {
          if (base.topic(id).isPresent() || image.topic(id).isPresent()) {
            topics.put(id, MetadataDelta.topicDelta(id, base, image, partitions));
          }
        });
    return new MetadataDelta(
        base.revision(), image.revision(), topics, touchedBrokers, touchedConfigs);
  }

  /** Replays one record. */
  public void replay(MetadataRecord record) {
    if (record.getFactCase() == MetadataRecord.FactCase.FACT_NOT_SET) {
      throw new InvalidRecordException(
          "metadata record of an unknown kind: it was written by a newer version of Millrace; run"
              + " that version or a newer one");
    }
    if (record.getVersion() != Records.VERSION) {
      throw new InvalidRecordException(
          "metadata record "
              + record.getFactCase()
              + ", version: "
              + record.getVersion()
              + " (expected: "
              + Records.VERSION
              + "): it was written by a newer version of Millrace; run that version or a newer one");
    }
    try {
      replayFact(record);
    } catch (IllegalArgumentException e) {
      throw new InvalidRecordException("metadata record " + record.getFactCase() + ": " + e, e);
    }
  }

  private void replayFact(MetadataRecord record) {
    switch (record.getFactCase()) {
      case NO_OP -> {}
      case CONTROLLER_ACTIVATED -> controllerActivated(record.getControllerActivated().getNodeId());
      case FEATURE_LEVEL_CHANGED -> featureLevel(record.getFeatureLevelChanged().getLevel());
      case BROKER_REGISTERED ->
          putBroker(Records.fromBrokerRegistered(record.getBrokerRegistered()));
      case BROKER_FENCING_CHANGED -> brokerFencingChanged(record.getBrokerFencingChanged());
      case BROKER_DIRECTORIES_CHANGED ->
          brokerDirectoriesChanged(record.getBrokerDirectoriesChanged());
      case BROKER_DRAIN_CHANGED ->
          drained(
              record.getBrokerDrainChanged().getBrokerId(),
              record.getBrokerDrainChanged().getDrained());
      case BROKER_UNREGISTERED -> brokerUnregistered(record.getBrokerUnregistered());
      case BROKER_CONFIG_CHANGED -> brokerConfigChanged(record.getBrokerConfigChanged());
      case CLUSTER_CONFIG_CHANGED -> clusterConfigChanged(record.getClusterConfigChanged());
      case TOPIC_CREATED -> topicCreated(record.getTopicCreated());
      case TOPIC_DELETED -> topicDeleted(Uuids.fromBytes(record.getTopicDeleted().getTopicId()));
      case TOPIC_CONFIG_CHANGED -> topicConfigChanged(record.getTopicConfigChanged());
      case PARTITIONS_CREATED -> partitionsCreated(record.getPartitionsCreated());
      case PARTITIONS_CHANGED -> partitionsChanged(record.getPartitionsChanged());
      case PRODUCER_IDS_ALLOCATED -> producerIdsAllocated(record.getProducerIdsAllocated());
      case REQUEST_ANSWERED -> requestAnswered(record.getRequestAnswered());
      case FACT_NOT_SET -> throw new InvalidRecordException("metadata record of an unknown kind");
    }
  }

  private void controllerActivated(int nodeId) {
    image = image.withController(new ControllerImage(nodeId, image.controller().epoch()));
  }

  private void featureLevel(int level) {
    if (!FeatureRange.SUPPORTED.contains(level)) {
      throw new InvalidRecordException(
          "feature level: "
              + level
              + " (expected: "
              + FeatureRange.SUPPORTED
              + "): the cluster runs a newer version of Millrace; run that version or a newer one");
    }
    image = image.withCluster(image.cluster().withFeatureLevel(level));
  }

  private void putBroker(BrokerImage broker) {
    touchedBrokers.add(broker.id());
    image = image.withBrokers(image.brokers().plus(broker.id(), broker));
  }

  private void brokerFencingChanged(BrokerFencingChanged record) {
    BrokerImage broker = registered(record.getBrokerId(), record.getBrokerEpoch());
    putBroker(broker.withState(Records.state(record)));
  }

  private void brokerDirectoriesChanged(BrokerDirectoriesChanged record) {
    BrokerImage broker = registered(record.getBrokerId(), record.getBrokerEpoch());
    putBroker(
        broker.withDirectories(
            record.getDirectoryIdsList().stream().map(Uuids::fromBytes).toList()));
  }

  private void brokerUnregistered(BrokerUnregistered record) {
    BrokerImage broker = registered(record.getBrokerId(), record.getBrokerEpoch());
    touchedBrokers.add(broker.id());
    image = image.withBrokers(image.brokers().minus(broker.id()));
    drained(broker.id(), false);
  }

  private void drained(int brokerId, boolean drained) {
    touchedBrokers.add(brokerId);
    image = image.withCluster(image.cluster().withDrained(brokerId, drained));
  }

  private BrokerImage registered(int brokerId, long brokerEpoch) {
    return image
        .broker(brokerId)
        .filter(known -> known.epoch() == brokerEpoch)
        .orElseThrow(
            () ->
                new InvalidRecordException(
                    "change of broker "
                        + brokerId
                        + " at epoch "
                        + brokerEpoch
                        + " (expected: "
                        + image.broker(brokerId)
                        + ")"));
  }

  private void brokerConfigChanged(BrokerConfigChanged record) {
    int id = record.getBrokerId();
    ConfigsImage configs = image.configs();
    touchedConfigs.add(id);
    configs(configs.withBroker(id, changed(configs.own(id), record.getChangesList())));
  }

  private void clusterConfigChanged(ClusterConfigChanged record) {
    ConfigsImage configs = image.configs();
    touchedConfigs.add(PartitionImage.NO_BROKER);
    configs(configs.withCluster(changed(configs.cluster(), record.getChangesList())));
  }

  private void configs(ConfigsImage configs) {
    image = image.withCluster(image.cluster().withConfigs(configs));
  }

  private static PSortedMap<String, String> changed(
      PSortedMap<String, String> before, List<ConfigChange> changes) {
    PSortedMap<String, String> configs = before;
    for (ConfigChange change : changes) {
      configs =
          change.hasValue()
              ? configs.plus(change.getKey(), change.getValue())
              : configs.minus(change.getKey());
    }
    return configs;
  }

  private void topicCreated(TopicCreated record) {
    UUID id = Uuids.fromBytes(record.getTopicId());
    if (image.topic(id).isPresent() || image.topic(record.getName()).isPresent()) {
      throw new InvalidRecordException(
          "creation of topic " + record.getName() + " [" + id + "] (expected: one that is new)");
    }
    putTopic(TopicImage.empty(id, record.getName()), new TreeSet<>());
  }

  private void topicDeleted(UUID id) {
    TopicImage topic = existing(id);
    touchedTopics.put(id, new TreeSet<>());
    topics(image.topics().without(topic));
  }

  private void topicConfigChanged(TopicConfigChanged record) {
    TopicImage topic = existing(Uuids.fromBytes(record.getTopicId()));
    putTopic(topic.withConfigs(changed(topic.configs(), record.getChangesList())), new TreeSet<>());
  }

  private void partitionsCreated(PartitionsCreated record) {
    TopicImage topic = existing(Uuids.fromBytes(record.getTopicId()));
    if (record.getFirstPartition() != topic.partitions().size()) {
      throw new InvalidRecordException(
          "first new partition of "
              + topic.name()
              + ": "
              + record.getFirstPartition()
              + " (expected: "
              + topic.partitions().size()
              + ")");
    }
    PVector<PartitionImage> partitions = topic.partitions();
    SortedSet<Integer> touched = new TreeSet<>();
    for (var state : record.getPartitionsList()) {
      touched.add(partitions.size());
      partitions = partitions.plus(Records.fromState(state));
    }
    putTopic(topic.withPartitions(partitions), touched);
  }

  private void partitionsChanged(PartitionsChanged record) {
    TopicImage topic = existing(Uuids.fromBytes(record.getTopicId()));
    PVector<PartitionImage> partitions = topic.partitions();
    SortedSet<Integer> touched = new TreeSet<>();
    int unclean = 0;
    for (PartitionChange change : record.getChangesList()) {
      int number = change.getPartition();
      Optional<PartitionImage> before = topic.withPartitions(partitions).partition(number);
      if (before.isEmpty()) {
        throw new InvalidRecordException(
            "change of "
                + topic.name()
                + "-"
                + number
                + " (expected: a partition below "
                + partitions.size()
                + ")");
      }
      touched.add(number);
      unclean += change.getUncleanElection() ? 1 : 0;
      partitions = partitions.with(number, PartitionChanges.apply(before.get(), change));
    }
    putTopic(topic.withPartitions(partitions), touched);
    if (unclean > 0) {
      counters(new Counters(image.nextProducerId(), image.uncleanElections() + unclean));
    }
  }

  private void producerIdsAllocated(ProducerIdsAllocated record) {
    if (record.getFirstProducerId() != image.nextProducerId() || record.getCount() < 1) {
      throw new InvalidRecordException(
          "block of producer ids: "
              + record.getCount()
              + " from "
              + record.getFirstProducerId()
              + " (expected: at least 1 from "
              + image.nextProducerId()
              + ")");
    }
    long next = record.getFirstProducerId() + record.getCount();
    counters(new Counters(next, image.uncleanElections()));
  }

  /** Sets what only grows: for a snapshot, whose header states it. */
  void counters(Counters counters) {
    image = image.withCounters(counters);
  }

  private void requestAnswered(RequestAnswered record) {
    AnsweredRequests requests =
        image
            .requests()
            .with(
                Records.fromRequestAnswered(record),
                record.getForgetBeforeMs(),
                record.getKeepAtMost());
    image = image.withRequests(requests);
  }

  private TopicImage existing(UUID id) {
    return image
        .topic(id)
        .orElseThrow(
            () -> new InvalidRecordException("topic id: " + id + " (expected: one that exists)"));
  }

  private void putTopic(TopicImage topic, SortedSet<Integer> changed) {
    touchedTopics.computeIfAbsent(topic.id(), id -> new TreeSet<>()).addAll(changed);
    topics(image.topics().with(topic, changed));
  }

  private void topics(TopicsImage topics) {
    image = image.withTopics(topics);
  }
}
