package io.millrace.broker.server;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.ConfigSchema.Section;
import io.millrace.common.config.ConfigTypes;
import java.util.List;

/** What the node is. */
public final class NodeSettings {
  public static final ConfigKey<Integer> NODE_ID =
      ConfigKey.of("node.id", ConfigTypes.INT, 1, "This node's number in the cluster.")
          .between(1, Integer.MAX_VALUE);
  public static final ConfigKey<List<NodeRole>> PROCESS_ROLES =
      ConfigKey.of(
          "process.roles",
          ConfigTypes.oneOf(NodeRole.class, NodeRole::text).list(),
          List.of(NodeRole.CONTROLLER, NodeRole.BROKER),
          "What the node does: `controller` (a voter of the metadata quorum), `broker` (holds"
              + " partitions), or both. A broker that is no controller follows the voters that"
              + " `quorum.voters` names.");
  public static final ConfigKey<String> CLUSTER_ID =
      ConfigKey.of(
          "cluster.id",
          ConfigTypes.STRING,
          "",
          "The cluster's id, a UUID. Empty: the one in the data directories, or a new one when they"
              + " are prepared for the first time.");
  public static final ConfigKey<List<String>> DATA_DIRS =
      ConfigKey.of(
          "data.dirs",
          ConfigTypes.STRING.list(),
          List.of("data"),
          "The directories that hold the logs, usually one for each disk. The first also holds the"
              + " metadata log.");
  public static final ConfigKey<String> RACK =
      ConfigKey.of(
          "rack",
          ConfigTypes.STRING,
          "",
          "The rack or zone that this node stands in: replicas are spread over racks, and consumers"
              + " that name theirs read from an in-sync replica there.");

  static final Section SECTION =
      new Section("Node", List.of(NODE_ID, PROCESS_ROLES, CLUSTER_ID, DATA_DIRS, RACK));

  private NodeSettings() {}
}
