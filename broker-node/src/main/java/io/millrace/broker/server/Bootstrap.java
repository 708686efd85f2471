package io.millrace.broker.server;

import io.millrace.broker.log.dir.DataDir;
import io.millrace.broker.log.dir.DirectoryIds;
import io.millrace.broker.log.dir.MetaProperties;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.file.FileStore;
import io.millrace.metadata.BootstrapRule;
import io.millrace.metadata.BootstrapRule.Decision;
import io.millrace.metadata.FirstMembers;
import io.millrace.metadata.MetadataStorageException;
import io.millrace.metadata.NodeStanding;
import io.millrace.metadata.NodeStanding.Voter;
import io.millrace.metadata.QuorumVoter;
import io.millrace.metadata.VoterAddress;
import io.millrace.metadata.ratis.MetadataStorage;
import io.millrace.metadata.rpc.NodeProbe;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the node to where it may take part in the quorum: data directories open, metadata
 * prepared, and as a voter of a new cluster only as {@link BootstrapRule} allows. Confined to the
 * thread that starts the server, but for {@link #standing}.
 */
final class Bootstrap {
  private static final Logger log = LoggerFactory.getLogger(Bootstrap.class);
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(1);
  private static final long ASK_AGAIN_MS = 100;

  /** What is said again while the node waits: once in so many rounds. */
  private static final int ROUNDS_BETWEEN_WARNINGS = 100;

  private final EffectiveConfig config;
  private final FileStore store;
  private final NodeVoters voters;
  private final NodeProbe probe;
  private final CompletableFuture<Void> stop;
  private volatile NodeStanding standing;

  /**
   * Begins.
   *
   * @param stop completed when the start is to be given up
   */
  Bootstrap(
      EffectiveConfig config,
      FileStore store,
      NodeVoters voters,
      NodeProbe probe,
      CompletableFuture<Void> stop) {
    this.config = config;
    this.store = store;
    this.voters = voters;
    this.probe = probe;
    this.stop = stop;
    this.standing =
        new NodeStanding(
            voters.nodeId(),
            config.get(NodeSettings.CLUSTER_ID),
            UUID.randomUUID().toString(),
            Voter.UNFORMATTED,
            voters.all().stream().map(VoterAddress::toString).toList(),
            Optional.empty());
  }

  /** How far the node has come; any thread. */
  NodeStanding standing() {
    return standing;
  }

  /**
   * Opens the data directories, at once or when the other voters are there; after it the node may
   * take part.
   *
   * @throws StartException if it can't, or must not
   */
  DataDirs open() {
    Optional<MetaProperties> found = identify();
    if (found.isEmpty() && !voters.alone()) {
      voters.requireOwn();
      voters.requireSoundNumber();
      Decision.Prepare prepare = (Decision.Prepare) decided(Decision.Prepare.class);
      DataDirs dirs = prepared(DataDirs.open(store, config, Optional.of(prepare.clusterId())));
      return begun(dirs);
    }
    DataDirs dirs = DataDirs.open(store, config, Optional.empty());
    return begun(dirs.newNode() ? prepared(dirs) : dirs);
  }

  /**
   * Opens the data directories of a node that is no voter; new ones when a voter tells which
   * cluster it is.
   *
   * @throws StartException if it can't
   */
  DataDirs openAsFollower() {
    Optional<String> clusterId =
        identify().isPresent() || !standing.clusterId().isEmpty()
            ? Optional.empty()
            : Optional.of(askForCluster());
    DataDirs dirs = DataDirs.open(store, config, clusterId, (cluster, node) -> UUID.randomUUID());
    standing =
        standing.with(dirs.clusterId(), dirs.directories().get(0).directoryId(), Voter.UNFORMATTED);
    try {
      requireOwnCluster();
      return dirs;
    } catch (StartException e) {
      dirs.release();
      throw e;
    }
  }

  private String askForCluster() {
    for (int round = 0; ; round++) {
      Map<Integer, NodeStanding> answers = probe.ask(voters.all(), ANSWER_TIMEOUT).join();
      Optional<String> cluster =
          answers.values().stream()
              .filter(answer -> answer.voter() == Voter.BEGUN)
              .map(NodeStanding::clusterId)
              .findFirst();
      if (cluster.isPresent()) {
        return cluster.get();
      }
      say(round, "none of the voters has begun, or none answers: " + voters.all());
      pause();
    }
  }

  private Optional<MetaProperties> identify() {
    try {
      return DataDir.identify(store, Path.of(config.get(NodeSettings.DATA_DIRS).get(0)));
    } catch (IOException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Prepares the metadata of a node whose directories are new. */
  private DataDirs prepared(DataDirs dirs) {
    try {
      MetadataStorage.format(
          store,
          Wiring.ratis(config, dirs),
          firstMembers(voters, dirs.clusterId()),
          voters.alone() ? MetadataStorage.State.FORMATTED : MetadataStorage.State.PREPARED);
      if (!voters.alone()) {
        log.info(
            "[broker {}] prepared as a voter of the new cluster {}: {}",
            voters.nodeId(),
            dirs.clusterId(),
            voters.all());
      }
      return dirs;
    } catch (MetadataStorageException e) {
      dirs.release();
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }

  /** The voters with the directory ids that they have when a cluster begins. */
  static FirstMembers firstMembers(NodeVoters voters, String clusterId) {
    return voters.all().isEmpty()
        ? new FirstMembers.Alone()
        : new FirstMembers.Voters(
            voters.all().stream()
                .map(voter -> new QuorumVoter(DirectoryIds.first(clusterId, voter.nodeId()), voter))
                .toList());
  }

  private DataDirs begun(DataDirs dirs) {
    boolean begun = false;
    UUID directory = dirs.directories().get(0).directoryId();
    try {
      boolean prepared =
          MetadataStorage.state(store, dirs.metadata())
              .equals(Optional.of(MetadataStorage.State.PREPARED));
      if (prepared) {
        standing = standing.with(dirs.clusterId(), directory, Voter.PREPARED);
        decided(Decision.Begin.class);
      }
      standing = standing.with(dirs.clusterId(), directory, Voter.BEGUN);
      if (!prepared && !voters.alone()) {
        requireList(dirs);
        requireOwnCluster();
      }
      begun = true;
      return dirs;
    } catch (IOException e) {
      throw new StartException("can't read " + dirs.metadata() + ": " + e.getMessage(), e);
    } finally {
      if (!begun) {
        dirs.release();
      }
    }
  }

  /** A node with a cluster of its own does not become one of another by its settings. */
  private void requireList(DataDirs dirs) throws IOException {
    if (MetadataStorage.firstMembers(store, dirs.metadata())
        .equals(Optional.of(new FirstMembers.Alone()))) {
      throw new StartException(
          QuorumVoterSettings.QUORUM_VOTERS
              + ": "
              + voters.all()
              + ", but this node is the only voter of the cluster "
              + dirs.clusterId()
              + ", which began without the list and can't get others (expected: no list; or, to"
              + " have the node join theirs, empty data.dirs)");
    }
  }

  /**
   * Looks whether the voters of the list, those that answer, have this node's cluster.
   *
   * @throws StartException if none of them has
   */
  void requireOwnCluster() {
    if (standing.voter() == Voter.BEGUN) {
      decided(Decision.Begin.class);
      return;
    }
    List<String> clusters =
        probe.ask(voters.others(), ANSWER_TIMEOUT).join().values().stream()
            .filter(answer -> answer.voter() == Voter.BEGUN)
            .map(NodeStanding::clusterId)
            .distinct()
            .toList();
    if (!clusters.isEmpty() && !clusters.contains(standing.clusterId())) {
      throw new StartException(
          "this node's data.dirs belong to the cluster "
              + standing.clusterId()
              + ", but the voters "
              + voters.others()
              + " to "
              + clusters
              + " (expected: the voters of its own cluster, or empty data.dirs)");
    }
  }

  /** Asks the others until it is this that the rule decides. */
  private Decision decided(Class<? extends Decision> awaited) {
    for (int round = 0; ; round++) {
      Map<Integer, NodeStanding> answers = probe.ask(voters.others(), ANSWER_TIMEOUT).join();
      Decision decision = BootstrapRule.decide(standing, voters.all(), answers);
      if (awaited.isInstance(decision)) {
        return decision;
      } else if (decision instanceof Decision.Refuse refuse) {
        throw new StartException(refuse.why());
      } else if (decision instanceof Decision.Wait wait) {
        say(round, wait.why());
      }
      pause();
    }
  }

  private void say(int round, String why) {
    if (round % ROUNDS_BETWEEN_WARNINGS == 0) {
      log.warn("[broker {}] waits: {}", voters.nodeId(), why);
    }
  }

  private void pause() {
    try {
      stop.get(ASK_AGAIN_MS, TimeUnit.MILLISECONDS);
      throw new StartException("told to end before it was ready");
    } catch (TimeoutException next) {
      // As meant.
    } catch (ExecutionException e) {
      throw new IllegalStateException("the stop signal failed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartException("the start was interrupted", e);
    }
  }
}
