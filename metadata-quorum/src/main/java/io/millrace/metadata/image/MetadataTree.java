package io.millrace.metadata.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Everything that an image says, as a tree of named values: for people, and for tools that look
 * something up. The same image, the same tree. Stateless.
 */
public final class MetadataTree {
  static final String REQUESTS = "answered_requests";

  private static final String SEPARATOR = "/";

  private MetadataTree() {}

  /**
   * A value.
   *
   * @param path the names from the root to it, such as topics, orders, partitions, 0, leader
   * @param value a text, a number, or a list of these
   */
  public record Leaf(List<String> path, Object value) {
    public Leaf {
      path = List.copyOf(path);
    }

    /** The path as text, such as {@code /topics/orders/partitions/0/leader}. */
    public String name() {
      StringBuilder text = new StringBuilder();
      path.forEach(
          name -> text.append('/').append(name.replace("%", "%25").replace(SEPARATOR, "%2F")));
      return text.toString();
    }

    /** Whether it is the value at that path, or lies below it. */
    boolean isUnder(List<String> names) {
      return path.size() >= names.size() && path.subList(0, names.size()).equals(names);
    }
  }

  /** The names of a path as {@link Leaf#name} writes it; none for the root. */
  public static List<String> names(String path) {
    return Stream.of(path.split(SEPARATOR, -1))
        .filter(name -> !name.isEmpty())
        .map(name -> name.replace("%2F", SEPARATOR).replace("%25", "%"))
        .toList();
  }

  /** What holds for the cluster as a whole. */
  static void head(MetadataImage image, Consumer<Leaf> values) {
    Branch root = new Branch(List.of(), values);
    root.leaf("revision", image.revision());
    Branch controller = root.branch("controller");
    controller.leaf("node_id", image.controller().nodeId());
    controller.leaf("epoch", image.controller().epoch());
    Branch cluster = root.branch("cluster");
    cluster.leaf("feature_level", image.featureLevel());
    cluster.leaf("next_producer_id", image.nextProducerId());
    cluster.leaf("unclean_elections", image.uncleanElections());
    cluster.leaf("drained_brokers", List.copyOf(image.cluster().drained()));
    cluster.leaves("configs", image.configs().cluster());
  }

  static void broker(MetadataImage image, BrokerImage broker, Consumer<Leaf> values) {
    Branch branch = new Branch(List.of("brokers", "" + broker.id()), values);
    branch.leaf("state", broker.state().name());
    branch.leaf("epoch", broker.epoch());
    branch.leaf("incarnation_id", broker.registration().incarnationId().toString());
    branch.leaf("client_endpoint", broker.clientEndpoint().toString());
    branch.leaf("internal_endpoint", broker.internalEndpoint().map(Endpoint::toString).orElse(""));
    branch.leaf("rack", broker.rack());
    branch.leaf("min_feature_level", broker.features().min());
    branch.leaf("max_feature_level", broker.features().max());
    branch.leaf("directories", texts(broker.directories()));
    branch.leaves("configs", image.configs().ofBroker(broker.id()));
  }

  /** A topic without its partitions. */
  static void topic(TopicImage topic, Consumer<Leaf> values) {
    Branch branch = new Branch(List.of("topics", topic.name()), values);
    branch.leaf("id", topic.id().toString());
    branch.leaves("configs", topic.configs());
  }

  /** One of a topic's partitions. */
  static void partition(TopicImage topic, int number, Consumer<Leaf> values) {
    partition(
        new Branch(List.of("topics", topic.name(), "partitions", "" + number), values),
        topic.partitions().get(number));
  }

  static void request(AnsweredRequest request, Consumer<Leaf> values) {
    Branch branch = new Branch(List.of(REQUESTS, request.requestId()), values);
    branch.leaf("answered_at_ms", request.answeredAtMs());
    branch.leaf("topic_id", request.topicId().toString());
    branch.leaf("revision", request.revision());
  }

  private static void partition(Branch branch, PartitionImage partition) {
    branch.leaf("leader", partition.leader());
    branch.leaf("leader_epoch", partition.leaderEpoch());
    branch.leaf("partition_epoch", partition.partitionEpoch());
    branch.leaf("replicas", List.copyOf(partition.replicas()));
    branch.leaf("directories", texts(partition.directories()));
    branch.leaf("isr", List.copyOf(partition.isr()));
    branch.leaf("elr", List.copyOf(partition.elr()));
    branch.leaf("last_known_leader", partition.lastKnownLeader());
    branch.leaf("effective_min_isr", partition.effectiveMinIsr());
    branch.leaf("adding", List.copyOf(partition.assignment().adding()));
    branch.leaf("removing", List.copyOf(partition.assignment().removing()));
  }

  private static List<String> texts(List<UUID> ids) {
    return ids.stream().map(UUID::toString).toList();
  }

  private record Branch(List<String> path, Consumer<Leaf> values) {
    Branch branch(String name) {
      return new Branch(plus(name), values);
    }

    void leaf(String name, Object value) {
      values.accept(new Leaf(plus(name), value));
    }

    void leaves(String name, Map<String, String> entries) {
      Branch branch = branch(name);
      entries.forEach(branch::leaf);
    }

    private List<String> plus(String name) {
      List<String> longer = new ArrayList<>(path);
      longer.add(name);
      return longer;
    }
  }
}
