package io.millrace.broker.rpc;

import io.millrace.broker.log.dir.DataDir;
import io.millrace.broker.log.dir.DataDirState;
import io.millrace.broker.replica.LogDirSource;
import io.millrace.broker.replica.LogDirUse;
import io.millrace.broker.replica.PartitionView;
import io.millrace.broker.replica.ReplicaUse;
import io.millrace.common.TopicPartition;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.ListReplicasRequest;
import io.millrace.proto.v1.ListReplicasResponse;
import io.millrace.proto.v1.LogDir;
import io.millrace.proto.v1.LogDirState;
import io.millrace.proto.v1.Replica;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** Tells what lies in this broker's log directories. Thread-safe. */
public final class LocalLogDirs {
  private static final long UNKNOWN = -1;

  private final LogDirSource source;
  private final List<String> missing;
  private final Executor threads;
  private final Executor volumes;

  /** The last look at the disks; whoever asks while it is under way is answered by it. */
  private Optional<CompletableFuture<List<LogDir>>> looking = Optional.empty();

  /**
   * Makes it.
   *
   * @param missing why directories could not be opened at the start, a line for each
   * @param threads for what waits for no disk
   * @param volumes for what may: of a hung one, as long as it hangs
   */
  public LocalLogDirs(
      LogDirSource source, List<String> missing, Executor threads, Executor volumes) {
    this.source = source;
    this.missing = List.copyOf(missing);
    this.threads = threads;
    this.volumes = volumes;
  }

  /** All directories. */
  synchronized CompletableFuture<List<LogDir>> list() {
    CompletableFuture<List<LogDir>> shared =
        looking
            .filter(look -> !look.isDone())
            .orElseGet(() -> CompletableFuture.supplyAsync(this::look, volumes));
    looking = Optional.of(shared);
    return shared;
  }

  private List<LogDir> look() {
    List<LogDir> dirs = new ArrayList<>();
    source.logDirs().forEach(use -> dirs.add(view(use)));
    missing.forEach(
        why ->
            dirs.add(
                LogDir.newBuilder()
                    .setState(LogDirState.LOG_DIR_STATE_OFFLINE)
                    .setWhyOffline(why)
                    .setTotalBytes(UNKNOWN)
                    .setUsableBytes(UNKNOWN)
                    .build()));
    return dirs;
  }

  private static LogDir view(LogDirUse use) {
    DataDir dir = use.dir();
    boolean online = dir.state() == DataDirState.ONLINE;
    LogDir.Builder view =
        LogDir.newBuilder()
            .setLogDirId(Uuids.toBytes(dir.directoryId()))
            .setPath(dir.path().toString())
            .setState(online ? LogDirState.LOG_DIR_STATE_ONLINE : LogDirState.LOG_DIR_STATE_OFFLINE)
            .setTotalBytes(UNKNOWN)
            .setUsableBytes(UNKNOWN)
            .setReplicaCount(use.replicas())
            .setReplicaBytes(use.bytes());
    dir.failure().ifPresent(failure -> view.setWhyOffline(failure.toString()));
    if (online) {
      try {
        view.setTotalBytes(dir.store().totalSpace(dir.path()));
        view.setUsableBytes(dir.store().usableSpace(dir.path()));
      } catch (IOException e) {
        view.setWhyOffline("the space on its volume can't be told: " + e.getMessage());
      }
    }
    return view.build();
  }

  /** A page of the replicas here, by topic and partition. */
  CompletableFuture<ListReplicasResponse> replicas(ListReplicasRequest request) {
    int size = Pages.size(request.getPageSize());
    PartitionPlace after = PartitionPlace.of(request.getPageToken());
    return CompletableFuture.supplyAsync(() -> page(request.getTopic(), size, after), threads);
  }

  private ListReplicasResponse page(String topic, int size, PartitionPlace after) {
    List<ReplicaUse> left =
        source.replicas().stream()
            .filter(use -> topic.isEmpty() || use.name().topic().equals(topic))
            .filter(use -> after.isBefore(use.name()))
            .sorted(Comparator.comparing(ReplicaUse::name))
            .limit(size + 1L)
            .toList();
    ListReplicasResponse.Builder page = ListReplicasResponse.newBuilder();
    left.stream().limit(size).forEach(use -> page.addReplicas(view(use)));
    if (left.size() > size) {
      page.setNextPageToken(PartitionPlace.token(left.get(size - 1).name()));
    }
    return page.build();
  }

  private static Replica view(ReplicaUse use) {
    TopicPartition name = use.name();
    PartitionView partition = use.view();
    Replica.Builder replica =
        Replica.newBuilder()
            .setTopic(name.topic())
            .setPartition(name.partition())
            .setLogDirId(Uuids.toBytes(use.directoryId()))
            .setSizeBytes(use.bytes())
            .setLogStartOffset(partition.logStartOffset())
            .setLogEndOffset(partition.logEndOffset())
            .setHighWatermark(partition.highWatermark())
            .setLeads(partition.leads());
    use.corruptOffset().ifPresent(replica::setCorruptOffset);
    if (partition.role().terminal()) {
      replica.setError(RpcErrors.toProto(partition.refusal()));
    }
    return replica.build();
  }
}
