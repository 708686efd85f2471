package io.millrace.broker.server;

import io.millrace.broker.metadata.BrokerSession;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.ReplicaManager;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.metadata.MetadataQuorum;
import java.util.UUID;

/**
 * What the node keeps: its directories, its metadata and its partitions, open but not at work.
 * Immutable.
 *
 * @param incarnationId drawn anew for each process
 * @param session its registration with the controller
 */
record NodeState(
    UUID incarnationId,
    DataDirs dirs,
    MetadataQuorum quorum,
    BrokerSession session,
    ReplicaManager replicas) {

  /**
   * Opens all of it; each part stands in the {@link Startup} to be closed.
   *
   * @throws StartException if a part can't be opened
   */
  static NodeState open(EffectiveConfig config, ServerEnvironment environment, Startup startup) {
    UUID incarnationId = UUID.randomUUID();
    DataDirs dirs = DataDirs.open(environment.store(), config);
    startup.opened("data directories", dirs::release);
    MetadataQuorum quorum = Wiring.quorum(config, environment, dirs);
    startup.opened("metadata quorum", quorum::close);
    BrokerSession session = new BrokerSession(quorum, config.get(NodeSettings.NODE_ID));
    ReplicaManager replicas =
        new ReplicaManager(
            Wiring.replicas(config, incarnationId, dirs.directories().size()),
            dirs.directories(),
            !dirs.missing().isEmpty(),
            session,
            environment.clock(),
            environment.faults());
    startup.opened("partitions", replicas::close);
    return new NodeState(incarnationId, dirs, quorum, session, replicas);
  }

  /** Whether an offset is in a partition's log here. */
  boolean holds(TopicIdPartition partition, long offset) {
    return replicas
        .find(partition)
        .map(PartitionHost::view)
        .filter(view -> view.logStartOffset() <= offset && offset < view.logEndOffset())
        .isPresent();
  }
}
