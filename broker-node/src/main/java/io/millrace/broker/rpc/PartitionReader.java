package io.millrace.broker.rpc;

import com.google.protobuf.ByteString;
import io.millrace.broker.log.CorruptBatchException;
import io.millrace.broker.log.LeaderEpochCache;
import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.LogRead;
import io.millrace.broker.log.ReadBuffers;
import io.millrace.broker.log.ReadRequest;
import io.millrace.broker.log.StaleSnapshotException;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.PartitionView;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.OffsetAndEpoch;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.EpochEndOffset;
import io.millrace.proto.v1.PartitionData;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Reads partitions by the rules of S01, S11, S12, S18 and S22. Reading blocks on the disk: for the
 * fetch threads. Thread-safe.
 */
final class PartitionReader {
  /** A snapshot may be outdated by a deletion between look and read; this many in a row are not. */
  private static final int STALE_RETRIES = 5;

  private static final int UNCHECKED = -1;

  private final RpcMetrics metrics;
  private final CorruptReads corruptReads;
  private final NearReplicas near;

  PartitionReader(RpcMetrics metrics, CorruptReads corruptReads, NearReplicas near) {
    this.metrics = metrics;
    this.corruptReads = corruptReads;
    this.near = near;
  }

  /**
   * What a read came to.
   *
   * @param head for the client, without the records
   * @param records whole batches, one buffer after the other
   * @param bytes how many bytes of records there are
   * @param nextOffset where to go on
   * @param decided whether it must be answered at once: an error, a diverging log, or a better
   *     replica
   */
  record Result(
      PartitionData head, List<ByteBuffer> records, int bytes, long nextOffset, boolean decided) {
    private static Result decided(PartitionData head, ReadPosition position) {
      return new Result(head, List.of(), 0, position.offset(), true);
    }

    /** For the client, complete; the buffers must not change any more. */
    PartitionData data() {
      if (records.isEmpty()) {
        return head;
      }
      ByteString bytes = ByteString.EMPTY;
      for (ByteBuffer part : records) {
        bytes = bytes.concat(Payloads.shared(part));
      }
      return head.toBuilder().setRecords(bytes).build();
    }
  }

  /** Whether a read would return records, if there is no verdict; looks at positions only. */
  static boolean hasVisible(PartitionView view, ReadPosition position) {
    return position.offset() < bound(view, position);
  }

  /** The offset that a reader sees up to. */
  static long bound(PartitionView view, ReadPosition position) {
    return position.committedOnly() ? view.lastStableOffset() : view.highWatermark();
  }

  /**
   * What must be answered instead of records: an error, a divergence, or a better replica.
   *
   * @param view the partition at this moment
   */
  Optional<PartitionData> verdict(PartitionHost host, PartitionView view, ReadPosition position) {
    Optional<MillraceError> error = refusal(view, position);
    if (error.isPresent()) {
      return Optional.of(failed(host, view, error.get()));
    }
    Optional<EpochEndOffset> diverging = divergence(view, position);
    if (diverging.isPresent()) {
      return Optional.of(answer(host, view).setDivergingEpoch(diverging.get()).build());
    }
    long offset = position.offset();
    if (offset < view.logStartOffset() || offset > view.logEndOffset()) {
      return Optional.of(failed(host, view, outOfRange(view, offset)));
    }
    OptionalInt better = view.leads() ? near.choose(view, position) : OptionalInt.empty();
    return better.isPresent()
        ? Optional.of(answer(host, view).setPreferredReadReplica(better.getAsInt()).build())
        : Optional.empty();
  }

  /** The verdict, if there is one, on its way to the reader. */
  Optional<PartitionData> answerInstead(
      PartitionHost host, PartitionView view, ReadPosition position) {
    Optional<PartitionData> verdict = verdict(host, view, position);
    if (verdict.filter(data -> data.getPreferredReadReplica() > 0).isPresent()) {
      metrics.redirected();
    }
    return verdict;
  }

  /**
   * Why a partition can't be read at a position. A follower says nothing of what lies outside its
   * own log, not even that the reader's diverges: the leader knows what exists.
   */
  private static Optional<MillraceError> refusal(PartitionView view, ReadPosition position) {
    if (!view.standing().followerReads() || !position.reader().takesFollowers()) {
      return refusal(view, position.currentLeaderEpoch());
    }
    Optional<MillraceError> epoch = wrongEpoch(view, position.currentLeaderEpoch());
    long offset = position.offset();
    boolean outside = offset < view.logStartOffset() || offset > view.logEndOffset();
    return epoch.isEmpty() && outside
        ? Optional.of(rangeError(ErrorCode.OFFSET_NOT_AVAILABLE, view, offset))
        : epoch;
  }

  /** Reads to the heap: see {@link #read(PartitionHost, ReadPosition, Bounds)}. */
  Result read(PartitionHost host, ReadPosition position, int maxBytes, boolean atLeastOneBatch) {
    return read(host, position, new Bounds(maxBytes, atLeastOneBatch, ReadBuffers.HEAP));
  }

  /**
   * How much to read, and where to.
   *
   * @param maxBytes the most bytes
   * @param atLeastOneBatch whether the first batch comes even if it is larger
   * @param buffers memory for the reads, of which there may be several
   */
  record Bounds(int maxBytes, boolean atLeastOneBatch, ReadBuffers buffers) {}

  /** Reads as much as is visible and fits, up to a corrupt batch if there are any before it. */
  Result read(PartitionHost host, ReadPosition position, Bounds bounds) {
    return guarded(
        host,
        view ->
            answerInstead(host, view, position)
                .map(data -> Result.decided(data, position))
                .orElseGet(() -> readRecords(host, view, position, bounds)),
        (view, error) -> Result.decided(failed(host, view, error), position));
  }

  private Result readRecords(
      PartitionHost host, PartitionView view, ReadPosition position, Bounds bounds) {
    long bound = bound(view, position);
    List<ByteBuffer> records = new ArrayList<>(1);
    int bytes = 0;
    long next = position.offset();
    while (next < bound
        && (bytes < bounds.maxBytes() || (bytes == 0 && bounds.atLeastOneBatch()))) {
      ReadRequest request =
          new ReadRequest(
              next,
              bounds.maxBytes() - bytes,
              bound,
              bytes == 0 && bounds.atLeastOneBatch(),
              bounds.buffers());
      LogRead read = readOrStop(view, request, bytes > 0);
      if (read.isEmpty()) {
        break;
      }
      bytes += read.records().remaining();
      records.add(read.records());
      next = read.nextOffset();
    }
    metrics.fetched(bytes, view.leads());
    return new Result(answer(host, view).build(), records, bytes, next, false);
  }

  /**
   * After intact batches a corrupt one is the end: the next read, which begins there, reports it.
   */
  private static LogRead readOrStop(PartitionView view, ReadRequest request, boolean haveSome) {
    try {
      return view.log().read(request);
    } catch (CorruptBatchException e) {
      if (haveSome) {
        return LogRead.empty(request.startOffset());
      }
      throw e;
    }
  }

  /** What happens to a read in the face of the disk and of deletions. */
  <T> T guarded(
      PartitionHost host,
      Function<PartitionView, T> read,
      BiFunction<PartitionView, MillraceError, T> failure) {
    for (int attempt = 1; ; attempt++) {
      PartitionView view = host.view();
      try {
        return read.apply(view);
      } catch (StaleSnapshotException e) {
        if (attempt > STALE_RETRIES) {
          return failure.apply(view, changing(host));
        }
      } catch (CorruptBatchException e) {
        host.foundCorrupt(e.offset());
        corruptReads.report(host.id(), host.name(), e.offset(), String.valueOf(e.getMessage()));
        return failure.apply(view, corrupt(host, view, e));
      } catch (LogDirException e) {
        host.diskFailed(e);
        return failure.apply(
            view,
            new MillraceError(ErrorCode.LOG_DIR_OFFLINE, "the disk failed under " + host.name()));
      }
    }
  }

  private static MillraceError corrupt(
      PartitionHost host, PartitionView view, CorruptBatchException e) {
    if (!view.leads()) {
      return new MillraceError(
          ErrorCode.OFFSET_NOT_AVAILABLE,
          "the leader of " + host.name() + " may have what is corrupt here: " + e.error().message(),
          e.error().details());
    }
    return view.standing().othersInSync() ? givesUp(host, e) : e.error();
  }

  /** Another replica leads soon and has the batch: whoever asks again is served there. */
  private static MillraceError givesUp(PartitionHost host, CorruptBatchException e) {
    return new MillraceError(
        ErrorCode.LEADER_NOT_AVAILABLE,
        host.name() + " gets another leader, as this one's log is corrupt: " + e.error().message(),
        e.error().details());
  }

  private static MillraceError changing(PartitionHost host) {
    return new MillraceError(
        ErrorCode.UNAVAILABLE,
        "the log of " + host.name() + " changes under its reader; try again");
  }

  /** Why a partition can't be read from its leader, apart from offsets. */
  static Optional<MillraceError> refusal(PartitionView view, int currentLeaderEpoch) {
    return view.leads() ? wrongEpoch(view, currentLeaderEpoch) : Optional.of(view.refusal());
  }

  private static Optional<MillraceError> wrongEpoch(PartitionView view, int currentLeaderEpoch) {
    if (currentLeaderEpoch == UNCHECKED || currentLeaderEpoch == view.leaderEpoch()) {
      return Optional.empty();
    }
    ErrorCode code =
        currentLeaderEpoch < view.leaderEpoch()
            ? ErrorCode.FENCED_LEADER_EPOCH
            : ErrorCode.UNKNOWN_LEADER_EPOCH;
    return Optional.of(
        new MillraceError(
            code,
            "current_leader_epoch: "
                + currentLeaderEpoch
                + " (expected: "
                + view.leaderEpoch()
                + ")",
            Map.of("leader_epoch", Integer.toString(view.leaderEpoch()))));
  }

  private static Optional<EpochEndOffset> divergence(PartitionView view, ReadPosition position) {
    int asked = position.lastFetchedEpoch();
    if (asked == UNCHECKED) {
      return Optional.empty();
    }
    LeaderEpochCache epochs = view.log().leaderEpochs();
    OffsetAndEpoch end =
        epochs
            .endOffsetFor(asked, view.logEndOffset())
            // Newer than all: the reader has what no leader wrote here, beyond the newest epoch. A
            // log
            // without epochs has no batches, so nothing of it can contradict the reader's.
            .orElse(new OffsetAndEpoch(view.logEndOffset(), epochs.latestEpoch().orElse(asked)));
    if (end.leaderEpoch() == asked && end.offset() >= position.offset()) {
      return Optional.empty();
    }
    return Optional.of(
        EpochEndOffset.newBuilder().setEpoch(end.leaderEpoch()).setEndOffset(end.offset()).build());
  }

  /** What is said of an offset that is not in the log. */
  static MillraceError outOfRange(PartitionView view, long offset) {
    return rangeError(ErrorCode.OFFSET_OUT_OF_RANGE, view, offset);
  }

  private static MillraceError rangeError(ErrorCode code, PartitionView view, long offset) {
    return new MillraceError(
        code,
        "offset: "
            + offset
            + " (expected: ["
            + view.logStartOffset()
            + ", "
            + view.logEndOffset()
            + "])",
        Map.of(
            "offset", Long.toString(offset),
            "log_start_offset", Long.toString(view.logStartOffset()),
            "log_end_offset", Long.toString(view.logEndOffset()),
            "high_watermark", Long.toString(view.highWatermark())));
  }

  /** An answer without records: where the partition stands. */
  static PartitionData.Builder answer(PartitionHost host, PartitionView view) {
    return PartitionData.newBuilder()
        .setTopicId(Uuids.toBytes(host.id().topicId()))
        .setPartition(host.id().partition())
        .setHighWatermark(view.highWatermark())
        .setLastStableOffset(view.lastStableOffset())
        .setLogStartOffset(view.logStartOffset())
        .setLeaderEpoch(view.leaderEpoch());
  }

  private static PartitionData failed(PartitionHost host, PartitionView view, MillraceError error) {
    return answer(host, view).setError(RpcErrors.toProto(error)).build();
  }
}
