package io.millrace.metadata.ratis;

import io.millrace.common.ErrorCode;
import io.millrace.common.file.RealFileStore;
import io.millrace.common.net.FreePorts;
import io.millrace.common.time.SystemClock;
import io.millrace.metadata.FirstMembers;
import io.millrace.metadata.QuorumAnswer;
import io.millrace.metadata.QuorumRequest;
import io.millrace.metadata.QuorumVoter;
import io.millrace.metadata.ThrowingFaults;
import io.millrace.metadata.VoterAddress;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.Cluster;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.ControllerSettings;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.ratis.RatisSettings.SnapshotPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.awaitility.Awaitility;

/** Voters in this process, each with a directory and a port of its own. */
final class SeveralVoters implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path data;
  private final SnapshotPolicy snapshots;
  private final String clusterId = UUID.randomUUID().toString();
  private final RealFileStore store = new RealFileStore();
  private final Map<Integer, QuorumVoter> voters = new TreeMap<>();

  /** How often a node has lost its disk. */
  private final Map<Integer, Integer> lives = new TreeMap<>();

  private final Map<Integer, RatisMetadataQuorum> running = new TreeMap<>();
  private final Map<Integer, ThrowingFaults> faults = new TreeMap<>();

  /** The voters, formatted and not started. */
  SeveralVoters(Path data, int count, SnapshotPolicy snapshots) {
    this.data = data;
    this.snapshots = snapshots;
    for (int node = 1; node <= count; node++) {
      voters.put(node, voter(node, FreePorts.inARow(1)));
    }
    FirstMembers members = new FirstMembers.Voters(List.copyOf(voters.values()));
    for (int node = 1; node <= count; node++) {
      MetadataStorage.format(store, settings(node), members, MetadataStorage.State.PREPARED);
    }
  }

  static QuorumVoter voter(int node, int port) {
    return new QuorumVoter(
        new UUID(7, node),
        new VoterAddress(node, new Endpoint("127.0.0.1", port), new Endpoint("127.0.0.1", 1)));
  }

  RatisSettings settings(int node) {
    QuorumVoter voter = voters.get(node);
    return new RatisSettings(
        clusterId,
        node,
        voter.directoryId(),
        directory(node),
        "127.0.0.1",
        voter.address().quorum().port(),
        snapshots);
  }

  QuorumVoter voter(int node) {
    return voters.get(node);
  }

  Path directory(int node) {
    String life = "node-" + node + "-" + lives.getOrDefault(node, 0);
    return data.resolve(life).resolve("metadata");
  }

  void startAll() {
    voters.keySet().forEach(this::start);
  }

  RatisMetadataQuorum start(int node) {
    ThrowingFaults told = new ThrowingFaults();
    RatisMetadataQuorum quorum =
        new RatisMetadataQuorum(
            settings(node),
            ControllerSettings.DEFAULTS,
            UUID::randomUUID,
            store,
            new SystemClock(),
            told);
    faults.put(node, told);
    running.put(node, quorum);
    quorum.start();
    return quorum;
  }

  /** A voter that lost its disk comes back as another one, which is not started. */
  void loseDisk(int node) {
    stop(node);
    QuorumVoter lost = voters.get(node);
    voters.put(node, new QuorumVoter(UUID.randomUUID(), lost.address()));
    lives.merge(node, 1, Integer::sum);
    MetadataStorage.format(
        store, settings(node), new FirstMembers.Joining(), MetadataStorage.State.FORMATTED);
  }

  void stop(int node) {
    running.remove(node).close();
  }

  RatisMetadataQuorum node(int node) {
    return running.get(node);
  }

  Collection<RatisMetadataQuorum> running() {
    return running.values();
  }

  Collection<ThrowingFaults> faults() {
    return faults.values();
  }

  /** Waits for an active controller; its node. */
  int awaitController() {
    return Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(this::active, Optional::isPresent)
        .orElseThrow();
  }

  private Optional<Integer> active() {
    return running.entrySet().stream()
        .filter(entry -> entry.getValue().isActiveController())
        .map(Map.Entry::getKey)
        .findFirst();
  }

  CommandResult run(Command command) {
    return node(awaitController()).submit(command, PATIENCE).join();
  }

  /** Registers the broker that topics are placed on, and lets it lead. */
  void startBroker() {
    run(Cluster.register(1, ""));
    long epoch = node(awaitController()).image().broker(1).orElseThrow().epoch();
    run(BrokerHeartbeat.of(1, epoch, epoch));
  }

  /**
   * Asks the controller, and, as an administrator would, looks and asks again if another one took
   * over in between: what it had begun has an unknown outcome then.
   */
  QuorumAnswer administer(QuorumRequest request) {
    QuorumAnswer answer = ask(request);
    while (answer instanceof QuorumAnswer.Refused refused && anotherTookOver(refused)) {
      answer = hasGone(request) ? ask(new QuorumRequest.Describe()) : ask(request);
    }
    return answer;
  }

  private QuorumAnswer ask(QuorumRequest request) {
    return node(awaitController()).admin().administer(request, PATIENCE).join();
  }

  private static boolean anotherTookOver(QuorumAnswer.Refused refused) {
    return refused.error().code() == ErrorCode.OUTCOME_UNKNOWN
        || refused.error().code() == ErrorCode.NOT_CONTROLLER;
  }

  /** Whether a voter that is to be removed is one no more. */
  private boolean hasGone(QuorumRequest request) {
    return request instanceof QuorumRequest.RemoveVoter remove
        && ask(new QuorumRequest.Describe()) instanceof QuorumAnswer.Described now
        && now.voters().stream()
            .noneMatch(voter -> voter.directoryId().equals(remove.directoryId()));
  }

  /** How long the leader has not heard of a voter. */
  long silentMs(UUID directoryId) {
    QuorumAnswer.Described quorum =
        (QuorumAnswer.Described) administer(new QuorumRequest.Describe());
    return quorum.voters().stream()
        .filter(voter -> voter.directoryId().equals(directoryId))
        .findFirst()
        .orElseThrow()
        .lastContactMs();
  }

  /** Waits until all that run have the revision. */
  void awaitRevision(long revision) {
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> running().stream().allMatch(node -> node.image().revision() >= revision));
  }

  @Override
  public void close() {
    running.values().forEach(RatisMetadataQuorum::close);
  }
}
