package io.millrace.broker.server;

import io.millrace.broker.log.dir.DataDir;
import io.millrace.broker.log.dir.DataDirFailure;
import io.millrace.broker.log.dir.DataDirState;
import io.millrace.broker.replica.WithheldLog;
import io.millrace.broker.rpc.CorruptReads;
import io.millrace.broker.server.AdminHttp.Check;
import io.millrace.metadata.QuorumHealth;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the health pages tell. Thread-safe. */
final class Checks {
  private static final int MOST_SHOWN = 5;

  private final NodeState state;
  private final CorruptReads corruptReads;
  private final boolean broker;

  /**
   * Makes the checks.
   *
   * @param broker whether the node must be registered to be ready
   */
  Checks(NodeState state, CorruptReads corruptReads, boolean broker) {
    this.broker = broker;
    this.state = state;
    this.corruptReads = corruptReads;
  }

  /** What must hold while the process is worth keeping: a restart might help if it does not. */
  List<Check> health() {
    QuorumHealth quorum = state.quorum().health();
    boolean works = quorum.state() != QuorumHealth.State.FAILED;
    return List.of(
        new Check("metadata log", works, works ? "" : quorum.detail()),
        dataDirs(),
        logs(),
        clock(),
        storedBatches());
  }

  /** What must hold, besides the node's own start and end, for clients to be sent here. */
  List<Check> readiness() {
    QuorumHealth quorum = state.quorum().health();
    return List.of(
        new Check("metadata quorum", quorum.ready(), quorum.ready() ? "" : quorum.detail()),
        session(),
        dataDirs(),
        storedBatches());
  }

  /** A broker that may not lead has nothing for clients. */
  private Check session() {
    boolean leads = state.session().leads();
    return new Check(
        "registration", leads || !broker, leads || !broker ? "" : state.session().standing());
  }

  /** Always good, as a restart helps nothing and the other batches are served: it only tells. */
  private Check storedBatches() {
    List<String> corrupt = corruptReads.found();
    String shown = corrupt.stream().limit(MOST_SHOWN).collect(Collectors.joining("; "));
    return new Check(
        "stored batches", true, corrupt.isEmpty() ? "" : corrupt.size() + " corrupt: " + shown);
  }

  /** Always good, as the other partitions are served: it only tells. */
  private Check logs() {
    List<WithheldLog> withheld = state.replicas().withheldLogs();
    String shown =
        withheld.stream()
            .limit(MOST_SHOWN)
            .map(WithheldLog::toString)
            .collect(Collectors.joining(", "));
    return new Check(
        "logs", true, withheld.isEmpty() ? "" : withheld.size() + " offline: " + shown);
  }

  /** Always good, as everything but retention by time goes on: it only tells. */
  private Check clock() {
    return new Check(
        "wall clock",
        true,
        state.replicas().trustsTheClock()
            ? ""
            : "has moved: retention by time is paused, see the log");
  }

  /** Directories that failed, and those that could not be opened. */
  long offlineDirs() {
    List<DataDir> opened = state.dirs().directories();
    return opened.stream().filter(Checks::offline).count() + state.dirs().missing().size();
  }

  /** Good while one directory works; names those that do not, and what can't be served. */
  private Check dataDirs() {
    List<DataDir> opened = state.dirs().directories();
    boolean oneWorks = opened.stream().anyMatch(dir -> !offline(dir));
    Stream<String> failed = opened.stream().filter(Checks::offline).map(Checks::describe);
    String detail =
        Stream.concat(failed, state.dirs().missing().stream()).collect(Collectors.joining("; "));
    long partitions = state.replicas().offlinePartitions();
    return new Check(
        "data directories",
        oneWorks,
        detail + (partitions == 0 ? "" : "; partitions that can't be served: " + partitions));
  }

  private static boolean offline(DataDir dir) {
    return dir.state() == DataDirState.OFFLINE;
  }

  private static String describe(DataDir dir) {
    return dir.path() + " is offline: " + dir.failure().map(DataDirFailure::what).orElse("");
  }
}
