package io.millrace.metadata.controller;

import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.controller.Command.AllocateProducerIds;
import io.millrace.metadata.controller.Command.AlterTopicConfigs;
import io.millrace.metadata.controller.Command.AssignDirectories;
import io.millrace.metadata.controller.Command.CreatePartitions;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.Command.DeleteTopic;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.TopicImage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
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
    return switch (random.nextInt(12)) {
      case 0, 1, 2 ->
          new CreateTopic(
              name(), random.nextInt(-1, 30), random.nextInt(-1, 5), configs(), options());
      case 3 -> new DeleteTopic(name(), expectedId(image), options());
      case 4, 5 -> new AlterTopicConfigs(name(), changes(), options());
      case 6 -> new CreatePartitions(name(), random.nextInt(40), options());
      case 7, 8 -> Cluster.register(broker(), "rack" + random.nextInt(3), random.nextInt(1, 4));
      case 9 -> new AllocateProducerIds(broker(), epoch(image), random.nextInt(2_000));
      default -> new AssignDirectories(broker(), epoch(image), directories(image));
    };
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
