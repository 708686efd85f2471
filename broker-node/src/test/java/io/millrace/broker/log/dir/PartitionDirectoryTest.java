package io.millrace.broker.log.dir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.log.dir.PartitionDirectory.Listing;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.MemoryFileStore;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PartitionDirectoryTest {
  private static final Path DATA = Path.of("/data");
  private static final TopicIdPartition ID = new TopicIdPartition(new UUID(1, 2), 0);
  private static final TopicIdPartition NEXT_ID = new TopicIdPartition(new UUID(3, 4), 0);

  private final MemoryFileStore store = new MemoryFileStore();

  @BeforeEach
  void makeDataDirectory() throws IOException {
    store.createDirectories(DATA);
    store.forceAll();
  }

  @Test
  void isFoundAgainByItsTopicsId() throws IOException {
    PartitionDirectory created = PartitionDirectory.create(store, DATA, "my-topic.v1-3", ID);
    assertThat(created.path()).isEqualTo(DATA.resolve("my-topic.v1-3-0"));
    store.createDirectories(DATA.resolve("metadata"));
    store.open(DATA.resolve("recovery-points"), OpenMode.CREATE).close();
    Listing listing = PartitionDirectory.list(store, DATA);
    assertThat(listing.partitions()).containsExactly(created);
    assertThat(listing.unreadable()).isEmpty();
    assertThat(listing.leftovers()).isEmpty();
  }

  @Test
  void aTakenNameIsRefusedNamingBothTopics() throws IOException {
    PartitionDirectory.create(store, DATA, "orders", ID);
    assertThatThrownBy(() -> PartitionDirectory.create(store, DATA, "orders", NEXT_ID))
        .isInstanceOf(FileAlreadyExistsException.class)
        .hasMessageContaining("/data/orders-0")
        .hasMessageContaining(ID.topicId().toString())
        .hasMessageContaining(NEXT_ID.topicId().toString());
  }

  @Test
  void movesAsideSoThatItsNameIsFreeAtOnce() throws IOException {
    PartitionDirectory old = PartitionDirectory.create(store, DATA, "orders", ID);
    store.open(old.path().resolve("0.log"), OpenMode.CREATE_NEW).close();
    Path aside = old.moveAside(store);
    PartitionDirectory next = PartitionDirectory.create(store, DATA, "orders", NEXT_ID);
    Listing listing = PartitionDirectory.list(store, DATA);
    assertThat(listing.partitions()).containsExactly(next);
    assertThat(listing.leftovers()).containsExactly(aside);
    PartitionDirectory.deleteTree(store, aside);
    PartitionDirectory.deleteTree(store, aside);
    assertThat(PartitionDirectory.list(store, DATA).leftovers()).isEmpty();
  }

  @Test
  void oneWithoutReadableMetadataIsToldApart() throws IOException {
    Path damaged = PartitionDirectory.create(store, DATA, "orders", ID).path();
    store.delete(damaged.resolve(PartitionDirectory.METADATA));
    Listing listing = PartitionDirectory.list(store, DATA);
    assertThat(listing.partitions()).isEmpty();
    assertThat(listing.unreadable()).containsExactly(damaged);
  }

  /** A loss of power before any operation, whatever it leaves. */
  @Test
  void appearsWholeOrNotAtAllWhereverTheCrashComes() throws IOException {
    FaultPlan plan = new FaultPlan();
    plan.on().run(() -> crashes(false));
    PartitionDirectory.create(new FaultyFileStore(store, plan), DATA, "orders", ID);
    plan.clear();
    crashes(true);
  }

  private void crashes(boolean there) {
    for (int seed = 0; seed < 60; seed++) {
      MemoryFileStore crashed = store.crashClone(seed);
      try {
        Listing listing = PartitionDirectory.list(crashed, DATA);
        assertThat(listing.unreadable()).as("seed %d", seed).isEmpty();
        if (there || !listing.partitions().isEmpty()) {
          assertThat(listing.partitions()).as("seed %d", seed).hasSize(1);
        } else {
          PartitionDirectory.create(crashed, DATA, "orders", NEXT_ID);
        }
      } catch (IOException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }
}
