package io.millrace.broker.rpc;

import io.millrace.broker.log.EpochStart;
import io.millrace.broker.log.LogConfig;
import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.LogOpening;
import io.millrace.broker.log.LogStartMove;
import io.millrace.broker.log.MapBudget;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.RecoveryProgress;
import io.millrace.broker.replica.PartitionView;
import io.millrace.broker.replica.Registration;
import io.millrace.broker.replica.core.ReadStanding;
import io.millrace.broker.replica.core.Role;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.common.time.SystemClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A partition with a log in memory that the test writes itself; it leads, and everything is visible
 * but what the test hides.
 */
final class LogHost extends FakeHost {
  private static final int LAST_OFFSET_DELTA_AT = 23;
  private static final int CRC_AT = 17;
  private static final int CRC_COVERS_FROM = 21;

  /** What goes wrong with its disk. */
  final FaultPlan faults = new FaultPlan();

  /** How often somebody found that its disk had failed. */
  int diskFailures;

  /** Above it nothing is visible. */
  private long visibleTo = Long.MAX_VALUE;

  private int epoch;
  private long epochStart;
  private final MemoryFileStore disk = new MemoryFileStore();
  private final Path logPath = Path.of("/data", name().toString());

  /** Empty while it leads. */
  private Optional<ReadStanding> following = Optional.empty();

  private ReadStanding leading = ReadStanding.ALONE;
  private final PartitionLog log;
  private Runnable onSecondView = () -> {};
  private int views;
  private @Nullable PartitionView outdated;
  private int outdatedLooks;
  private final List<Runnable> listeners = new ArrayList<>();

  LogHost(TopicIdPartition id) {
    super(id);
    try {
      disk.createDirectories(logPath.getParent());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    log =
        PartitionLog.open(
            new LogOpening(
                new FaultyFileStore(disk, faults),
                logPath,
                id,
                name(),
                LogConfig.DEFAULT,
                new SystemClock(),
                new MapBudget(10),
                0,
                false,
                RecoveryProgress.NONE));
    startEpoch(0);
  }

  /** Leads in a newer epoch from here on. */
  void startEpoch(int newer) {
    EpochStart start = log.prepareEpoch(newer);
    start.run();
    log.epochStarted(start);
    epoch = newer;
    epochStart = log.logEndOffset();
  }

  /** Nothing from an offset on is visible, until it is shown. */
  void showUpTo(long offset) {
    visibleTo = offset;
    List.copyOf(listeners).forEach(Runnable::run);
  }

  /** It follows in the same epoch from here on. */
  void follow(boolean servesReaders) {
    following = Optional.of(servesReaders ? ReadStanding.SERVING_FOLLOWER : ReadStanding.ALONE);
    List.copyOf(listeners).forEach(Runnable::run);
  }

  /** These brokers may serve readers in place of this one, which leads. */
  void inSyncFollowers(Integer... brokers) {
    leading = new ReadStanding(List.of(brokers), brokers.length > 0, false);
    List.copyOf(listeners).forEach(Runnable::run);
  }

  /** Its log is closed, so that whoever has its snapshot finds it stale. */
  void abandon() {
    log.abandon();
  }

  /** A byte of its first segment flips on the disk. */
  void flipByte(long position) throws IOException {
    Path segment = logPath.resolve("00000000000000000000.log");
    try (FileStore.StoredFile file = disk.open(segment, FileStore.OpenMode.READ_WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      file.read(one, position);
      file.write(ByteBuffer.wrap(new byte[] {(byte) ~one.get(0)}), position);
    }
  }

  /** Appends a batch and tells who waits. Returns its bytes. */
  int append(Compression codec, String... values) {
    return append(builder(codec, values).build());
  }

  /** The same, of which the last offsets have no records, as in a compacted log. */
  int appendWithGap(int offsetsWithoutRecords, String... values) {
    ByteBuffer batch = builder(Compression.NONE, values).build();
    batch.putInt(LAST_OFFSET_DELTA_AT, values.length - 1 + offsetsWithoutRecords);
    CRC32C crc = new CRC32C();
    crc.update(batch.slice(CRC_COVERS_FROM, batch.limit() - CRC_COVERS_FROM));
    batch.putInt(CRC_AT, (int) crc.getValue());
    return append(batch);
  }

  private int append(ByteBuffer batch) {
    int bytes = batch.remaining();
    RecordBatch.stamp(batch, batch.position(), log.logEndOffset(), epoch);
    log.append(batch);
    List.copyOf(listeners).forEach(Runnable::run);
    return bytes;
  }

  /** Moves the log start. */
  void deleteBefore(long offset) {
    LogStartMove move = log.prepareLogStart(offset);
    move.run();
    log.logStartMoved(move);
  }

  private static RecordBatchBuilder builder(Compression codec, String... values) {
    RecordBatchBuilder builder = new RecordBatchBuilder(codec);
    for (String value : values) {
      ByteBuffer bytes = ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8));
      builder.append(1_000, null, bytes, List.of());
    }
    return builder;
  }

  /** Does something at the next look at the partition but one: between a look and a read. */
  void onRead(Runnable action) {
    onSecondView = action;
    views = 0;
  }

  /** Begins the log anew behind the back of the next looks at it, which see the one before. */
  void showOutdated(int looks) {
    outdated = view();
    outdatedLooks = looks;
    log.truncateFullyAndStartAt(0);
    startEpoch(epoch);
    append(Compression.NONE, "anew", "anew");
  }

  @Override
  public PartitionView view() {
    if (outdated != null && outdatedLooks-- > 0) {
      return outdated;
    }
    if (++views == 2) {
      onSecondView.run();
    }
    return new PartitionView(
        following.isEmpty() ? Role.LEADER : Role.FOLLOWER,
        new MillraceError(
            following.isEmpty() ? ErrorCode.INTERNAL : ErrorCode.NOT_LEADER, "as the test says"),
        epoch,
        epochStart,
        Math.min(visibleTo, log.logEndOffset()),
        log.snapshot(),
        following.orElse(leading));
  }

  @Override
  public void diskFailed(LogDirException cause) {
    diskFailures++;
  }

  @Override
  public Registration onAdvance(Runnable listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  @Override
  public Registration onAppend(Runnable listener) {
    return onAdvance(listener);
  }

  /** How many wait for it. */
  int listeners() {
    return listeners.size();
  }
}
