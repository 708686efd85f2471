package io.millrace.metadata.ratis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.metadata.FirstMembers;
import io.millrace.metadata.MetadataStorageException;
import io.millrace.metadata.ratis.MetadataStorage.State;
import io.millrace.metadata.ratis.RatisSettings.SnapshotPolicy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class MetadataStorageTest {
  private static final Path DIRECTORY = Path.of("/data/metadata");

  private final MemoryFileStore store = new MemoryFileStore(64L << 20);
  private final RatisSettings settings =
      new RatisSettings("c1", 1, new UUID(1, 2), DIRECTORY, "127.0.0.1", 0, SnapshotPolicy.DEFAULT);
  private final MetadataStorage storage = new MetadataStorage(store, settings);

  @Test
  void formattedDirectorySurvivesAPowerLoss() throws IOException {
    MetadataStorage.format(store, settings);
    for (long seed = 1; seed <= 20; seed++) {
      new MetadataStorage(store.crashClone(seed), settings).check();
    }
    assertThat(MetadataStorage.state(store, DIRECTORY)).contains(State.FORMATTED);
  }

  @Test
  void oneOfSeveralVotersThatLostItsLogIsReplacedAndNotRestored() throws IOException {
    MetadataStorage.format(store, settings, new FirstMembers.Joining(), State.FORMATTED);
    storage.markActive();
    assertThatThrownBy(storage::check)
        .isInstanceOf(MetadataStorageException.class)
        .hasMessageContaining("restore nothing from a backup")
        .hasMessageContaining("`millrace quorum remove 1`");
  }

  @Test
  void formattingTwiceChangesNothing() throws IOException {
    MetadataStorage.format(store, settings);
    storage.markActive();
    MetadataStorage.format(new MemoryFileStore(), settings);
    assertThatThrownBy(() -> MetadataStorage.format(store, settings))
        .as("an active voter without its log")
        .isInstanceOf(MetadataStorageException.class)
        .hasMessageContaining("the metadata log is gone")
        .hasMessageContaining("from a backup. To begin anew");
  }

  @Test
  void directoryWithSomethingElseInItIsNotFormatted() throws IOException {
    store.createDirectories(DIRECTORY);
    store.open(DIRECTORY.resolve("photos"), OpenMode.CREATE).close();
    assertThatThrownBy(() -> MetadataStorage.format(store, settings))
        .isInstanceOf(MetadataStorageException.class)
        .hasMessageContaining("is not empty");
  }

  @Test
  void damagedMarkIsTold() throws IOException {
    MetadataStorage.format(store, settings);
    try (var file = store.open(DIRECTORY.resolve("metadata.properties"), OpenMode.READ_WRITE)) {
      file.write(ByteBuffer.wrap(new byte[] {'x'}), 30);
    }
    assertThatThrownBy(storage::check)
        .isInstanceOf(MetadataStorageException.class)
        .hasMessageContaining("can't read")
        .hasMessageContaining("metadata.properties");
  }

  @Test
  void fullDiskIsToldAtTheStart() {
    MetadataStorage.format(store, settings);
    storage.requireSpace(RatisProperties.MIN_FREE_BYTES);
    store.limitTo(2L << 20);
    assertThatThrownBy(() -> storage.requireSpace(RatisProperties.MIN_FREE_BYTES))
        .isInstanceOf(MetadataStorageException.class)
        .hasMessageContaining("MiB left (expected: at least 16); free some space");
  }
}
