package io.millrace.broker.replica;

import io.millrace.broker.log.dir.DataDir;
import io.millrace.broker.log.dir.DataDirOpening;
import io.millrace.broker.replica.ReplicaSettings.Housekeeping;
import io.millrace.broker.replica.ReplicaSettings.Threading;
import io.millrace.broker.replica.core.ProduceOutcome;
import io.millrace.common.Acks;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.config.ConfigSchema;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.TopicConfigs;
import io.millrace.common.file.FileStore;
import io.millrace.common.time.Clock;
import io.millrace.common.time.SystemClock;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.BrokerRegistration;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.metadata.image.TopicsImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.pcollections.PVector;
import org.pcollections.TreePMap;
import org.pcollections.TreePVector;

/**
 * A replica manager with real threads on given stores, and the metadata that a controller would
 * make: assignments are committed at once.
 */
final class TestBroker implements AutoCloseable {
  static final int ID = 1;
  static final EffectiveConfig BROKER_CONFIG =
      EffectiveConfig.defaults(new ConfigSchema("setting", List.of(TopicConfigs.brokerDefaults())));

  final ReplicaManager manager;
  final List<DataDir> dirs = new ArrayList<>();
  final List<String> faults = new CopyOnWriteArrayList<>();
  final JumpingClock clock = new JumpingClock();
  private final UUID incarnation = UUID.randomUUID();
  private MetadataImage image = MetadataImage.EMPTY;

  /** The system's clock, whose time of day somebody sets. */
  static final class JumpingClock implements Clock {
    private final SystemClock system = new SystemClock();
    volatile long jumpMs;

    @Override
    public long wallMs() {
      return system.wallMs() + jumpMs;
    }

    @Override
    public long monotonicNanos() {
      return system.monotonicNanos();
    }
  }

  /**
   * Opens the directories, formatting new ones, and recovers what is in them.
   *
   * @param stores the disk of each directory
   * @param missing whether the broker has directories that can't be opened
   * @param known the metadata from before
   */
  TestBroker(Map<String, FileStore> stores, boolean missing, MetadataImage known)
      throws IOException {
    this(stores, missing, known, "boot");
  }

  /** The same in a boot of the machine. */
  TestBroker(Map<String, FileStore> stores, boolean missing, MetadataImage known, String boot)
      throws IOException {
    this(stores, missing, known, boot, 20);
  }

  /** The same with an interval of the checkpoints. */
  TestBroker(
      Map<String, FileStore> stores,
      boolean missing,
      MetadataImage known,
      String boot,
      long checkpointIntervalMs)
      throws IOException {
    for (Map.Entry<String, FileStore> each : new TreeMap<>(stores).entrySet()) {
      DataDirOpening opening =
          new DataDirOpening(
              each.getValue(), Path.of(each.getKey()), "c1", ID, () -> Optional.of(boot));
      if (DataDir.identify(each.getValue(), Path.of(each.getKey())).isEmpty()) {
        opening.format(UUID.randomUUID());
      }
      dirs.add(opening.open());
    }
    manager =
        new ReplicaManager(
            new ReplicaSettings(
                ID,
                incarnation,
                BROKER_CONFIG,
                new Threading(2, 2, ShardLimits.DEFAULT),
                new Housekeeping(20, checkpointIntervalMs, 86_400_000, 64, 100),
                new CleanerSettings(1, 1 << 20, 0.9, Long.MAX_VALUE, 20),
                30_000),
            dirs,
            missing,
            this::assign,
            clock,
            (message, cause) -> {
              faults.add(message + ": " + cause);
              return new IllegalStateException(message, cause);
            },
            ReplicationPorts.NONE);
    image = known;
    manager.recover(known);
    manager.onImage(known, MetadataDelta.between(MetadataImage.EMPTY, known));
  }

  static TestBroker start(Map<String, FileStore> stores) throws IOException {
    TestBroker broker = new TestBroker(stores, false, MetadataImage.EMPTY);
    broker.register();
    return broker;
  }

  /** Newer metadata come, which show another process's registration. */
  synchronized void catchUp(MetadataImage newer) {
    publish(newer);
  }

  /** Shows this process's registration, which elects it leader of all its partitions anew. */
  void register() {
    register(incarnation);
  }

  /** The same of another process with this broker's id. */
  void registerAnother() {
    register(UUID.randomUUID());
  }

  private synchronized void register(UUID process) {
    BrokerImage me =
        new BrokerImage(
            ID,
            new BrokerRegistration(
                image.revision() + 1, process, dirs.stream().map(DataDir::directoryId).toList()),
            new Endpoint("127.0.0.1", 9650),
            Optional.empty(),
            "",
            FeatureRange.SUPPORTED,
            BrokerState.ACTIVE);
    TopicsImage topics = TopicsImage.EMPTY;
    for (TopicImage topic : image.topics().byId().values()) {
      PVector<PartitionImage> led = TreePVector.empty();
      for (PartitionImage partition : topic.partitions()) {
        led = led.plus(ledAnew(partition));
      }
      topics = topics.with(new TopicImage(topic.id(), topic.name(), led, topic.configs()));
    }
    publish(withTopics(topics).withBrokers(image.brokers().plus(ID, me)));
  }

  private static PartitionImage ledAnew(PartitionImage old) {
    if (!old.isr().contains(ID)) {
      return old;
    }
    return new PartitionImage(
        old.replicas(),
        old.directories(),
        old.isr(),
        old.elr(),
        new PartitionImage.Leadership(ID, old.leaderEpoch() + 1, PartitionImage.NO_BROKER),
        old.partitionEpoch() + 1,
        1);
  }

  synchronized UUID createTopic(String name, int partitions, Map<String, String> configs) {
    UUID id = UUID.randomUUID();
    change(newTopic(id, name, partitions, configs));
    return id;
  }

  /** Between one image and the next a topic is deleted and another one made in its name. */
  synchronized void replaceTopic(UUID old, UUID fresh) {
    TopicImage gone = image.topic(old).orElseThrow();
    TopicImage made = newTopic(fresh, gone.name(), gone.partitions().size(), gone.configs());
    publish(withTopics(without(old).with(made)));
  }

  private static TopicImage newTopic(
      UUID id, String name, int partitions, Map<String, String> configs) {
    PVector<PartitionImage> all = TreePVector.empty();
    for (int i = 0; i < partitions; i++) {
      all =
          all.plus(
              new PartitionImage(
                  List.of(ID),
                  List.of(PartitionImage.UNASSIGNED),
                  List.of(ID),
                  List.of(),
                  new PartitionImage.Leadership(ID, 0, PartitionImage.NO_BROKER),
                  0,
                  1));
    }
    return new TopicImage(id, name, all, TreePMap.from(configs));
  }

  /** From now on broker 2 leads a topic's first partition, and this one is not in sync. */
  void leadElsewhere(UUID topicId) {
    leadElsewhere(topicId, 0);
  }

  /** The same of another one. */
  synchronized void leadElsewhere(UUID topicId, int number) {
    TopicImage topic = image.topic(topicId).orElseThrow();
    PartitionImage old = topic.partitions().get(number);
    PartitionImage led =
        new PartitionImage(
            List.of(2, ID),
            List.of(PartitionImage.UNASSIGNED, old.directoryOf(ID)),
            List.of(2),
            List.of(),
            new PartitionImage.Leadership(2, old.leaderEpoch() + 1, PartitionImage.NO_BROKER),
            old.partitionEpoch() + 1,
            1);
    change(
        new TopicImage(
            topicId, topic.name(), topic.partitions().with(number, led), topic.configs()));
  }

  /** This broker has no replica of a topic's only partition any more. */
  synchronized void moveAway(UUID topicId) {
    moveTo(topicId, 2);
  }

  /** It has one again, and leads. */
  synchronized void moveBack(UUID topicId) {
    moveTo(topicId, ID);
  }

  private void moveTo(UUID topicId, int broker) {
    TopicImage topic = image.topic(topicId).orElseThrow();
    PartitionImage old = topic.partitions().get(0);
    PartitionImage moved =
        new PartitionImage(
            List.of(broker),
            List.of(PartitionImage.UNASSIGNED),
            List.of(broker),
            List.of(),
            new PartitionImage.Leadership(broker, old.leaderEpoch() + 1, PartitionImage.NO_BROKER),
            old.partitionEpoch() + 1,
            1);
    change(
        new TopicImage(topicId, topic.name(), topic.partitions().with(0, moved), topic.configs()));
  }

  synchronized void configure(UUID topicId, Map<String, String> configs) {
    TopicImage topic = image.topic(topicId).orElseThrow();
    change(new TopicImage(topicId, topic.name(), topic.partitions(), TreePMap.from(configs)));
  }

  synchronized void deleteTopic(UUID topicId) {
    publish(withTopics(without(topicId)));
  }

  private TopicsImage without(UUID topicId) {
    TopicsImage topics = TopicsImage.EMPTY;
    for (TopicImage each : image.topics().byId().values()) {
      topics = each.id().equals(topicId) ? topics : topics.with(each);
    }
    return topics;
  }

  private synchronized CompletableFuture<?> assign(Map<TopicIdPartition, UUID> directories) {
    directories.forEach(this::assign);
    return CompletableFuture.completedFuture(null);
  }

  private void assign(TopicIdPartition id, UUID directory) {
    Optional<TopicImage> known = image.topic(id.topicId());
    if (known.isEmpty()) {
      return;
    }
    TopicImage topic = known.get();
    PartitionImage old = topic.partitions().get(id.partition());
    PartitionImage assigned =
        new PartitionImage(
            old.replicas(),
            List.of(directory),
            old.isr(),
            old.elr(),
            old.leadership(),
            old.partitionEpoch() + 1,
            old.effectiveMinIsr());
    change(
        new TopicImage(
            topic.id(),
            topic.name(),
            topic.partitions().with(id.partition(), assigned),
            topic.configs()));
  }

  private void change(TopicImage topic) {
    publish(withTopics(image.topics().with(topic)));
  }

  private MetadataImage withTopics(TopicsImage topics) {
    return image.withRevision(image.revision() + 1).withTopics(topics);
  }

  private void publish(MetadataImage next) {
    MetadataImage before = image;
    image = next;
    manager.onImage(next, MetadataDelta.between(before, next));
  }

  synchronized MetadataImage image() {
    return image;
  }

  PartitionHost partition(UUID topicId, int number) {
    return manager.find(new TopicIdPartition(topicId, number)).orElseThrow();
  }

  CompletableFuture<ProduceOutcome> produce(PartitionHost to, ByteBuffer batch, Acks acks) {
    CompletableFuture<ProduceOutcome> answer = new CompletableFuture<>();
    ProduceCommand command =
        new ProduceCommand(
            batch,
            acks,
            -1,
            0,
            clock.monotonicMs() + 20_000,
            0,
            (asked, outcome) -> answer.complete(outcome));
    if (!to.produce(command)) {
      throw new AssertionError("refused: the queue is full");
    }
    return answer;
  }

  @Override
  public void close() {
    manager.close();
  }
}
