package io.millrace.broker.rpc;

import io.millrace.broker.log.CorruptBatchException;
import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.LogRead;
import io.millrace.broker.log.ReadRequest;
import io.millrace.broker.log.StaleSnapshotException;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.PartitionRegistry;
import io.millrace.broker.replica.PartitionView;
import io.millrace.broker.replica.link.LeaderLogs;
import io.millrace.broker.rpc.wire.OutgoingBatches;
import io.millrace.broker.rpc.wire.TransportAllocator;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiPredicate;

/**
 * Reads what followers get of this broker's logs, up to the log end: from the page cache to memory
 * of the transport. Reading blocks on the disk. Thread-safe; no shard is asked.
 */
final class PartitionLogs implements LeaderLogs {
  private final PartitionRegistry partitions;
  private final CorruptReads corruptReads;
  private final TransportAllocator memory;
  private final BiPredicate<TopicIdPartition, Integer> inSync;

  /**
   * The logs.
   *
   * @param inSync whether a broker is among a partition's in-sync replicas
   */
  PartitionLogs(
      PartitionRegistry partitions,
      CorruptReads corruptReads,
      TransportAllocator memory,
      BiPredicate<TopicIdPartition, Integer> inSync) {
    this.inSync = inSync;
    this.partitions = partitions;
    this.corruptReads = corruptReads;
    this.memory = memory;
  }

  @Override
  public Optional<LeaderLog> at(TopicIdPartition partition, int leaderEpoch) {
    return partitions
        .find(partition)
        .map(host -> new Log(host, host.view()))
        .filter(log -> log.view.leads() && log.view.leaderEpoch() == leaderEpoch)
        .map(log -> log);
  }

  private final class Log implements LeaderLog {
    private final PartitionHost host;
    private final PartitionView view;

    Log(PartitionHost host, PartitionView view) {
      this.host = host;
      this.view = view;
    }

    @Override
    public UUID directory() {
      return host.directoryId();
    }

    @Override
    public long logStart() {
      return view.logStartOffset();
    }

    @Override
    public long highWatermark() {
      return view.highWatermark();
    }

    @Override
    public long logEnd() {
      return view.logEndOffset();
    }

    @Override
    public long sizeInBytes() {
      return view.log().sizeInBytes();
    }

    @Override
    public boolean inSync(int followerId) {
      return inSync.test(host.id(), followerId);
    }

    @Override
    public ReadOutcome read(long offset, int maxBytes, boolean atLeastOne) {
      LentReads buffers = new LentReads(memory);
      boolean read = false;
      try {
        LogRead found =
            view.log().read(new ReadRequest(offset, maxBytes, logEnd(), atLeastOne, buffers));
        if (found.isEmpty() && !atLeastOne) {
          return new ReadOutcome.TooLarge();
        }
        if (found.isEmpty()) {
          return failed(ErrorCode.UNAVAILABLE, "no batch is found at offset " + offset);
        }
        read = true;
        return new ReadOutcome.Batches(
            new OutgoingBatches(found.records(), buffers.lent()), found.nextOffset());
      } catch (StaleSnapshotException e) {
        return new ReadOutcome.Stale();
      } catch (CorruptBatchException e) {
        host.foundCorrupt(e.offset());
        corruptReads.report(host.id(), host.name(), e.offset(), String.valueOf(e.getMessage()));
        return new ReadOutcome.Failed(e.error());
      } catch (LogDirException e) {
        host.diskFailed(e);
        return failed(ErrorCode.LOG_DIR_OFFLINE, "the disk failed under " + host.name());
      } finally {
        if (!read) {
          buffers.release();
        }
      }
    }

    private ReadOutcome failed(ErrorCode code, String why) {
      return new ReadOutcome.Failed(new MillraceError(code, why));
    }
  }
}
