package io.millrace.metadata.controller;

import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.metadata.controller.BrokerCommand.AlterPartitions;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.BrokerCommand.FenceBroker;
import io.millrace.metadata.controller.BrokerCommand.IsrMember;
import io.millrace.metadata.controller.BrokerCommand.IsrProposal;
import io.millrace.metadata.controller.ClusterCommand.AlterClusterConfigs;
import io.millrace.metadata.controller.ClusterCommand.AlterReassignments;
import io.millrace.metadata.controller.ClusterCommand.DrainBroker;
import io.millrace.metadata.controller.ClusterCommand.ElectLeaders;
import io.millrace.metadata.controller.ClusterCommand.ElectionType;
import io.millrace.metadata.controller.ClusterCommand.Reassignment;
import io.millrace.metadata.controller.Command.AllocateProducerIds;
import io.millrace.metadata.controller.Command.AlterTopicConfigs;
import io.millrace.metadata.controller.Command.AssignDirectories;
import io.millrace.metadata.controller.Command.CreatePartitions;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.Command.DeleteTopic;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/** Commands as clients and brokers may send them, good and bad, drawn from a seed. */
public final class RandomCommands {
  private static final List<String> NAMES =
      List.of("a", "orders", "orders.v2", "..", "a/b", "x".repeat(250), "clicks", "__internal", "");
  private static final List<String> KEYS =
      List.of("retention.ms", "min.insync.replicas", "segment.bytes", "no.such.key");
  private static final List<String> VALUES = List.of("1", "2", "2048", "-1", "1h", "x");

  private final Random random;

  public RandomCommands(long seed) {
    random = new Random(seed);
  }

  /** A command that may or may not make sense for the image. */
  public Command next(MetadataImage image) {
    return switch (random.nextInt(23)) {
      case 0, 1, 2 ->
          new CreateTopic(
              name(), random.nextInt(-1, 30), random.nextInt(-1, 5), configs(), options());
      case 3 -> new DeleteTopic(name(), expectedId(image), options());
      case 4, 5 -> new AlterTopicConfigs(name(), changes(), options());
      case 6 -> new CreatePartitions(name(), random.nextInt(40), options());
      case 7, 8 -> Cluster.register(broker(), "rack" + random.nextInt(3), random.nextInt(1, 4));
      case 9 -> new AllocateProducerIds(broker(), epoch(image), random.nextInt(2_000));
      case 10 -> new AssignDirectories(broker(), epoch(image), directories(image));
      case 11, 12, 13 -> heartbeat(image);
      case 14 -> fence(image);
      case 15, 16 -> alterPartitions(image);
      case 17, 18 -> new AlterReassignments(List.of(reassignment()), options());
      case 19 ->
          new ElectLeaders(
              random.nextBoolean() ? ElectionType.PREFERRED : ElectionType.UNCLEAN,
              List.of(),
              options());
      case 20 ->
          new AlterClusterConfigs(
              Map.of("min.insync.replicas", Optional.of("" + random.nextInt(4))), options());
      case 21 -> new DrainBroker(broker(), random.nextBoolean(), options());
      default ->
          switch (random.nextInt(3)) {
            case 0 -> new UpkeepCommand.BalanceLeaders();
            case 1 -> new UpkeepCommand.ElectOffline();
            default -> new UpkeepCommand.RepairPartitions();
          };
    };
  }

  private BrokerHeartbeat heartbeat(MetadataImage image) {
    int broker = broker();
    long epoch = image.broker(broker).map(BrokerImage::epoch).orElse(0L);
    return new BrokerHeartbeat(
        broker,
        epoch,
        random.nextInt(5) == 0 ? 0 : image.revision(),
        random.nextInt(8) == 0,
        random.nextInt(8) == 0,
        Set.of());
  }

  private FenceBroker fence(MetadataImage image) {
    int broker = broker();
    return new FenceBroker(broker, image.broker(broker).map(BrokerImage::epoch).orElse(0L));
  }

  private AlterPartitions alterPartitions(MetadataImage image) {
    int broker = broker();
    List<IsrProposal> proposals = new ArrayList<>();
    for (TopicImage topic : image.topics().byId().values()) {
      int number = 0;
      for (PartitionImage partition : topic.partitions()) {
        if (partition.leader() == broker && proposals.size() < 20) {
          List<IsrMember> isr = new ArrayList<>();
          for (int replica : partition.replicas()) {
            boolean givesUp = replica == broker && random.nextInt(8) == 0;
            if (!givesUp && (replica == broker || random.nextBoolean())) {
              isr.add(new IsrMember(replica, -1));
            }
          }
          proposals.add(
              new IsrProposal(
                  topic.id(), number, partition.leaderEpoch(), partition.partitionEpoch(), isr));
        }
        number++;
      }
    }
    return new AlterPartitions(
        broker, image.broker(broker).map(BrokerImage::epoch).orElse(0L), proposals);
  }

  private Reassignment reassignment() {
    List<Integer> replicas = new ArrayList<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      replicas.add(broker());
    }
    return new Reassignment(
        new TopicPartition(NAMES.get(0), random.nextInt(3)),
        random.nextInt(4) == 0 ? Optional.empty() : Optional.of(replicas));
  }

  private int broker() {
    return random.nextInt(1, 5);
  }

  private long epoch(MetadataImage image) {
    Optional<BrokerImage> broker = image.broker(random.nextInt(1, 5));
    return broker.isPresent() ? broker.get().epoch() : random.nextInt(10);
  }

  private String name() {
    return NAMES.get(random.nextInt(NAMES.size()));
  }

  private Map<String, String> configs() {
    return random.nextBoolean()
        ? Map.of()
        : Map.of(KEYS.get(random.nextInt(KEYS.size())), VALUES.get(random.nextInt(VALUES.size())));
  }

  private Map<String, Optional<String>> changes() {
    Map<String, Optional<String>> changes = new HashMap<>();
    configs().forEach((key, value) -> changes.put(key, Optional.of(value)));
    if (random.nextInt(3) == 0) {
      changes.put(KEYS.get(random.nextInt(3)), Optional.empty());
    }
    return changes;
  }

  private Optional<UUID> expectedId(MetadataImage image) {
    Optional<TopicImage> any = image.topics().byId().values().stream().findFirst();
    return random.nextInt(3) == 0 ? any.map(TopicImage::id) : Optional.empty();
  }

  private Map<TopicIdPartition, UUID> directories(MetadataImage image) {
    Map<TopicIdPartition, UUID> directories = new HashMap<>();
    for (TopicImage topic : image.topics().byId().values()) {
      directories.put(
          new TopicIdPartition(topic.id(), random.nextInt(10)),
          Cluster.directory(random.nextInt(1, 5)));
    }
    return directories;
  }

  private RequestOptions options() {
    return switch (random.nextInt(6)) {
      case 0 -> RequestOptions.checkOnly();
      case 1, 2 -> RequestOptions.withId("r" + random.nextInt(12));
      default -> RequestOptions.NONE;
    };
  }
}
