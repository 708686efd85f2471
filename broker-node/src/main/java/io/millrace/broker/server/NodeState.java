package io.millrace.broker.server;

import io.millrace.broker.metadata.BrokerSession;
import io.millrace.broker.replica.ReplicaManager;
import io.millrace.broker.replica.Replication;
import io.millrace.broker.replica.ReplicationMetrics;
import io.millrace.broker.rpc.ReplicationStreams;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.metadata.ControllerSessions;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.MetadataThread;
import io.millrace.metadata.rpc.QuorumMembers;
import java.util.Optional;
import java.util.UUID;

/**
 * What the node keeps: its directories, its metadata and its partitions, open but not at work.
 * Immutable.
 *
 * @param incarnationId drawn anew for each process
 * @param members looks after the quorum's voters
 * @param sessions all brokers' sessions with this node's controller, if it is a voter
 * @param session this broker's own, with the active controller
 * @param replication how the partitions reach other brokers
 */
record NodeState(
    UUID incarnationId,
    DataDirs dirs,
    MetadataQuorum quorum,
    QuorumMembers members,
    Optional<ControllerSessions> sessions,
    BrokerSession session,
    ReplicaManager replicas,
    Replication replication) {

  /**
   * Opens all of it; each part stands in the {@link Startup} to be closed.
   *
   * @throws StartException if a part can't be opened
   */
  static NodeState open(
      EffectiveConfig config,
      ServerEnvironment environment,
      NodeThreads threads,
      Startup startup,
      NodeLink link,
      ReplicationMetrics metrics) {
    UUID incarnationId = UUID.randomUUID();
    boolean voter = NodeRole.of(config).contains(NodeRole.CONTROLLER);
    DataDirs dirs = voter ? link.bootstrap().open() : link.bootstrap().openAsFollower();
    startup.opened("data directories", dirs::release);
    MetadataThread forwarding = new MetadataThread("metadata-forwarding");
    startup.opened("forwarding", forwarding::close);
    QuorumWiring wiring = new QuorumWiring(config, environment, dirs, link, forwarding, startup);
    QuorumWiring.Parts parts = voter ? wiring.voter(threads.dialer()) : wiring.follower();
    MetadataQuorum quorum = parts.quorum();
    startup.opened("metadata quorum", quorum::close);
    BrokerSession session =
        NodeSession.ofBroker(config, environment, startup, quorum, parts.links());
    Replication replication =
        NodeReplication.following(
            config,
            environment,
            threads,
            incarnationId,
            new ReplicationStreams(
                dirs.clusterId(), config.get(NodeSettings.NODE_ID), link.replicationChannels()),
            quorum,
            metrics);
    ReplicaManager replicas =
        new ReplicaManager(
            Wiring.replicas(config, incarnationId, dirs.directories().size()),
            dirs.directories(),
            !dirs.missing().isEmpty(),
            session,
            environment.clock(),
            environment.faults(),
            replication);
    startup.opened("partitions", replicas::close);
    replication.begin(replicas);
    startup.opened("streams from other brokers", replication::close);
    startup.opened("streams to other brokers", link.replication()::close);
    return new NodeState(
        incarnationId,
        dirs,
        quorum,
        parts.members(),
        parts.sessions(),
        session,
        replicas,
        replication);
  }

  /** Whether a batch that was found corrupt is still in a partition's log here. */
  boolean isCorrupt(TopicIdPartition partition, long offset) {
    return replicas.find(partition).filter(host -> host.isCorrupt(offset)).isPresent();
  }
}
