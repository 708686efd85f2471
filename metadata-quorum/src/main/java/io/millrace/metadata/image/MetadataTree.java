package io.millrace.metadata.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Everything that an image says, as a tree of named values: for people, and for tools that look
 * something up. The same image, the same tree. Stateless.
 */
public final class MetadataTree {
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
      return SEPARATOR + String.join(SEPARATOR, path);
    }

    /** Whether it is the value of that name, or lies below it; the root is {@code /}. */
    public boolean isUnder(String name) {
      String above = name.endsWith(SEPARATOR) ? name.substring(0, name.length() - 1) : name;
      return name().equals(above) || name().startsWith(above + SEPARATOR);
    }
  }

  /** Tells every value, those of one topic or broker together. */
  public static void forEach(MetadataImage image, Consumer<Leaf> values) {
    Branch root = new Branch(List.of(), values);
    root.leaf("revision", image.revision());
    Branch controller = root.branch("controller");
    controller.leaf("node_id", image.controller().nodeId());
    controller.leaf("epoch", image.controller().epoch());
    Branch cluster = root.branch("cluster");
    cluster.leaf("feature_level", image.featureLevel());
    cluster.leaf("next_producer_id", image.nextProducerId());
    cluster.leaf("unclean_elections", image.uncleanElections());
    cluster.leaves("configs", image.configs().cluster());
    for (BrokerImage broker : image.brokers().values()) {
      Branch branch = root.branch("brokers").branch("" + broker.id());
      broker(branch, broker);
      branch.leaves("configs", image.configs().ofBroker(broker.id()));
    }
    for (String name : image.topics().idsByName().keySet()) {
      image.topic(name).ifPresent(topic -> topic(root.branch("topics").branch(name), topic));
    }
    for (AnsweredRequest request : image.requests().inOrder()) {
      Branch branch = root.branch("answered_requests").branch(request.requestId());
      branch.leaf("answered_at_ms", request.answeredAtMs());
      branch.leaf("topic_id", request.topicId().toString());
      branch.leaf("revision", request.revision());
    }
  }

  private static void broker(Branch branch, BrokerImage broker) {
    branch.leaf("state", broker.state().name());
    branch.leaf("epoch", broker.epoch());
    branch.leaf("incarnation_id", broker.registration().incarnationId().toString());
    branch.leaf("client_endpoint", broker.clientEndpoint().toString());
    branch.leaf("internal_endpoint", broker.internalEndpoint().map(Endpoint::toString).orElse(""));
    branch.leaf("rack", broker.rack());
    branch.leaf("min_feature_level", broker.features().min());
    branch.leaf("max_feature_level", broker.features().max());
    branch.leaf("directories", texts(broker.directories()));
  }

  private static void topic(Branch branch, TopicImage topic) {
    branch.leaf("id", topic.id().toString());
    branch.leaves("configs", topic.configs());
    int number = 0;
    for (PartitionImage partition : topic.partitions()) {
      partition(branch.branch("partitions").branch("" + number++), partition);
    }
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
