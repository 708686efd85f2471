package io.millrace.broker.log;

import io.millrace.common.file.Checkpoint;
import io.millrace.common.file.CorruptFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The small files of a partition's directory that say what the batches can't: both are {@link
 * Checkpoint}s, written durably before what they say takes effect.
 *
 * <pre>
 * leader-epoch-checkpoint   kind leader-epochs, version 1; a line for each: &lt;epoch&gt; &lt;start offset&gt;
 * log-start-offset          kind log-start-offset, version 1; one line: &lt;offset&gt;
 * </pre>
 *
 * <p>Confined to the partition's shard (the recovery thread before hand-over).
 */
final class PartitionCheckpoints {
  static final String LEADER_EPOCHS = "leader-epoch-checkpoint";
  static final String LOG_START = "log-start-offset";

  private static final Logger LOG = LoggerFactory.getLogger(PartitionCheckpoints.class);
  private static final String LEADER_EPOCHS_KIND = "leader-epochs";
  private static final String LOG_START_KIND = "log-start-offset";
  private static final int VERSION = 1;

  private final LogDisk disk;

  PartitionCheckpoints(LogDisk disk) {
    this.disk = disk;
  }

  /** The epochs as last written; empty if the file is missing or damaged. */
  Optional<LeaderEpochCache> readLeaderEpochs() {
    return read(LEADER_EPOCHS, LEADER_EPOCHS_KIND)
        .flatMap(
            lines -> {
              try {
                List<LeaderEpochCache.Entry> entries = new ArrayList<>();
                for (String line : lines) {
                  String[] fields = line.split(" ", -1);
                  entries.add(
                      new LeaderEpochCache.Entry(
                          Integer.parseInt(fields[0]), Long.parseLong(fields[1])));
                }
                return Optional.of(LeaderEpochCache.of(entries));
              } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                LOG.warn("{}: {} is not understood", disk.directory(), LEADER_EPOCHS, e);
                return Optional.empty();
              }
            });
  }

  void writeLeaderEpochs(LeaderEpochCache epochs) {
    write(
        LEADER_EPOCHS,
        LEADER_EPOCHS_KIND,
        epochs.entries().stream().map(e -> e.epoch() + " " + e.startOffset()).toList());
  }

  /** The log start offset as last written; empty if the file is missing or damaged. */
  OptionalLong readLogStart() {
    Optional<List<String>> lines = read(LOG_START, LOG_START_KIND);
    if (lines.isEmpty() || lines.get().size() != 1) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseLong(lines.get().get(0)));
    } catch (NumberFormatException e) {
      LOG.warn("{}: {} is not understood", disk.directory(), LOG_START, e);
      return OptionalLong.empty();
    }
  }

  void writeLogStart(long offset) {
    write(LOG_START, LOG_START_KIND, List.of(Long.toString(offset)));
  }

  private Optional<List<String>> read(String name, String kind) {
    Path path = disk.directory().resolve(name);
    return disk.get(
        "read " + name,
        () -> {
          try {
            return Checkpoint.read(disk.store(), path, kind, VERSION).map(Checkpoint::lines);
          } catch (CorruptFileException damaged) {
            LOG.warn("{}; it is made anew from the batches", damaged.getMessage());
            return Optional.empty();
          }
        });
  }

  private void write(String name, String kind, List<String> lines) {
    Path path = disk.directory().resolve(name);
    disk.run("write " + name, () -> new Checkpoint(kind, VERSION, lines).write(disk.store(), path));
  }
}
