package io.millrace.broker.server;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.TopicConfigs;
import io.millrace.metadata.ControllerSessions;
import io.millrace.metadata.ForwardingQuorum;
import io.millrace.metadata.ForwardingQuorumAdmin;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.MetadataThread;
import io.millrace.metadata.QuorumAdmin;
import io.millrace.metadata.QuorumAnswer;
import io.millrace.metadata.QuorumVoter;
import io.millrace.metadata.VoterAddress;
import io.millrace.metadata.controller.ControllerSettings;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.observer.ObservedImage;
import io.millrace.metadata.observer.ObserverQuorum;
import io.millrace.metadata.ratis.RatisMetadataQuorum;
import io.millrace.metadata.rpc.ControllerEndpoint.Voter;
import io.millrace.metadata.rpc.ControllerEndpoint.Watched;
import io.millrace.metadata.rpc.NodeProbe;
import io.millrace.metadata.rpc.QuorumMembers;
import io.millrace.metadata.rpc.RemoteControllers;
import io.millrace.metadata.rpc.RemoteSessions;
import io.millrace.metadata.rpc.RemoteVoters;
import io.millrace.proto.internal.v1.QuorumStatus;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Makes the node's part in the quorum. Used once, by the thread that starts the server. */
final class QuorumWiring {
  private final EffectiveConfig config;
  private final ServerEnvironment environment;
  private final DataDirs dirs;
  private final NodeLink link;
  private final MetadataThread forwarding;
  private final Startup startup;

  /**
   * Begins.
   *
   * @param forwarding for short tasks of commands that are passed on
   */
  QuorumWiring(
      EffectiveConfig config,
      ServerEnvironment environment,
      DataDirs dirs,
      NodeLink link,
      MetadataThread forwarding,
      Startup startup) {
    this.config = config;
    this.environment = environment;
    this.dirs = dirs;
    this.link = link;
    this.forwarding = forwarding;
    this.startup = startup;
  }

  /**
   * The quorum as the node uses it.
   *
   * @param quorum takes commands
   * @param members looks after the voters
   * @param sessions the brokers' sessions with this node's controller, if it is a voter
   * @param links the ways of this node's broker to the controllers
   */
  record Parts(
      ForwardingQuorum quorum,
      QuorumMembers members,
      Optional<ControllerSessions> sessions,
      RemoteSessions links) {}

  /**
   * The part of a voter.
   *
   * @param dialer finds out whether brokers' processes have ended
   */
  Parts voter(ListenerDialer dialer) {
    RatisMetadataQuorum local = ratis();
    MetadataThread watched = new MetadataThread("metadata-watchers");
    startup.opened("metadata watchers", watched::close);
    Supplier<List<VoterAddress>> voters =
        () -> local.voters().stream().map(QuorumVoter::address).toList();
    Watched feed =
        new Watched(local.feed(), () -> status(local.health().controllerId(), voters), watched);
    ControllerSessions sessions =
        NodeSession.ofController(config, environment, startup, dialer, local);
    return parts(local, voters, local.admin(), Optional.of(new Voter(feed, sessions)));
  }

  /** The part of a node that is no voter. */
  Parts follower() {
    MetadataThread observing = new MetadataThread("metadata-observer");
    startup.opened("metadata observer", observing::close);
    MetadataThread listening = new MetadataThread("metadata-listener");
    startup.opened("metadata listener", listening::close);
    ObserverQuorum local =
        new ObserverQuorum(
            new RemoteVoters(dirs.clusterId(), link.voters().nodeId(), link.channels()),
            link.voters().all(),
            new ObservedImage(environment.store(), dirs.metadata(), dirs.clusterId()),
            environment.clock(),
            observing,
            listening,
            environment.faults());
    QuorumAdmin none =
        (request, timeout) ->
            CompletableFuture.completedFuture(
                new QuorumAnswer.Refused(
                    new MillraceError(
                        ErrorCode.NOT_CONTROLLER, "the node that was asked is no voter")));
    return parts(local, local::voters, none, Optional.empty());
  }

  private Parts parts(
      MetadataQuorum local,
      Supplier<List<VoterAddress>> voters,
      QuorumAdmin localAdmin,
      Optional<Voter> voter) {
    IntFunction<Optional<Endpoint>> endpoints = node -> endpoint(node, voters.get());
    RemoteControllers others =
        new RemoteControllers(
            dirs.clusterId(), link.voters().nodeId(), link.channels(), endpoints, NodeLink::caller);
    ForwardingQuorum quorum = new ForwardingQuorum(local, others, forwarding, environment.clock());
    ForwardingQuorumAdmin admin = new ForwardingQuorumAdmin(localAdmin, local::health, others);
    link.controller().begin(dirs.clusterId(), quorum, admin, voter);
    Optional<ControllerSessions> sessions = voter.map(Voter::sessions);
    return new Parts(
        quorum,
        new QuorumMembers(
            dirs.clusterId(),
            admin,
            new NodeProbe(link.channels()),
            () -> voters.get().isEmpty() ? link.voters().all() : voters.get()),
        sessions,
        NodeSession.links(config, dirs.clusterId(), link, endpoints, sessions));
  }

  /** As the quorum's own membership says; before it is known, as the settings do. */
  private Optional<Endpoint> endpoint(int node, List<VoterAddress> known) {
    return Stream.concat(known.stream(), link.voters().all().stream())
        .filter(voter -> voter.nodeId() == node)
        .map(VoterAddress::internal)
        .findFirst();
  }

  private static QuorumStatus status(int controllerId, Supplier<List<VoterAddress>> voters) {
    return QuorumStatus.newBuilder()
        .setControllerId(controllerId)
        .addAllVoters(voters.get().stream().map(VoterAddress::toString).toList())
        .build();
  }

  private RatisMetadataQuorum ratis() {
    ControllerSettings controller =
        ControllerSettings.DEFAULTS.withTopics(
            new ControllerSettings.TopicDefaults(
                config.get(StorageSettings.NUM_PARTITIONS),
                config.get(StorageSettings.DEFAULT_REPLICATION_FACTOR),
                config.get(TopicConfigs.brokerKey(TopicConfigs.MIN_INSYNC_REPLICAS)),
                config.get(TopicConfigs.brokerKey(TopicConfigs.UNCLEAN_LEADER_ELECTION_ENABLE))));
    return new RatisMetadataQuorum(
        Wiring.ratis(config, dirs),
        controller,
        UUID::randomUUID,
        environment.store(),
        environment.clock(),
        environment.faults());
  }
}
