package io.millrace.common.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Without a fault the contract holds; with one, what the plan says happens. */
class FaultyFileStoreTest extends FileStoreContract {
  private static final Path LOG = Path.of("/data/0.log");
  private static final Path INDEX = Path.of("/data/0.index");

  private final MemoryFileStore memory = new MemoryFileStore();
  private final FaultPlan plan = new FaultPlan();
  private final FileStore faulty = new FaultyFileStore(memory, plan);

  @Override
  FileStore newStore() {
    return faulty;
  }

  private StoredFile open(Path path) throws IOException {
    faulty.createDirectories(path.getParent());
    return faulty.open(path, OpenMode.CREATE);
  }

  private static ByteBuffer bytes(int length) {
    return ByteBuffer.allocate(length);
  }

  @Test
  void failsTheNthMatchingOperationOnce() throws IOException {
    plan.on(Operation.FORCE).path("**.log").skip(1).failOnce("Input/output error");
    try (StoredFile log = open(LOG);
        StoredFile index = open(INDEX)) {
      index.force();
      index.force();
      log.force();
      assertThatThrownBy(log::force).isInstanceOf(IOException.class).hasMessageContaining("0.log");
      log.force();
    }
  }

  @Test
  void whatIsSparedNeitherFailsNorUsesUpAFault() throws IOException {
    plan.on(Operation.DELETE).failOnce("Input/output error");
    open(LOG).close();

    boolean spared =
        plan.sparing(
            () -> {
              try {
                faulty.delete(LOG);
                return !faulty.exists(LOG);
              } catch (IOException e) {
                return false;
              }
            });

    assertThat(spared).isTrue();
    assertThatThrownBy(() -> faulty.delete(LOG)).hasMessageContaining("Input/output error");
  }

  @Test
  void failsFromThenOnUntilCleared() throws IOException {
    try (StoredFile log = open(LOG)) {
      plan.on(Operation.WRITE, Operation.RENAME).failFromThenOn("No space left on device");
      assertThatThrownBy(() -> log.write(bytes(1), 0))
          .hasMessageContaining("No space left on device");
      assertThatThrownBy(() -> faulty.rename(LOG, INDEX)).isInstanceOf(IOException.class);
      log.force();
      plan.clear();
      log.write(bytes(1), 0);
    }
  }

  @Test
  void aShortWriteLeavesItsFirstBytes() throws IOException {
    try (StoredFile log = open(LOG)) {
      plan.on(Operation.WRITE).writeShort(5);
      assertThatThrownBy(() -> log.write(new ByteBuffer[] {bytes(3), bytes(3), bytes(3)}, 0))
          .isInstanceOf(IOException.class);
      assertThat(log.size()).isEqualTo(5);
      log.write(bytes(9), 0);
      assertThat(log.size()).isEqualTo(9);
    }
  }

  @Test
  void runsAHookBeforeEveryOperationAndCountsThem() throws IOException {
    AtomicInteger runs = new AtomicInteger();
    plan.on(Operation.READ).run(runs::incrementAndGet);
    long before = plan.operations();
    try (StoredFile log = open(LOG)) {
      log.read(bytes(1), 0);
      log.read(bytes(1), 0);
    }
    assertThat(runs).hasValue(2);
    // Directory, open, two reads.
    assertThat(plan.operations() - before).isEqualTo(4);
  }

  @Test
  void aFailedForceMakesNothingDurable() throws IOException {
    try (StoredFile log = open(LOG)) {
      memory.forceAll();
      log.write(bytes(7), 0);
      plan.on(Operation.FORCE).failOnce("Input/output error");
      assertThatThrownBy(log::force).isInstanceOf(IOException.class);
    }
    boolean lost = false;
    for (int seed = 0; seed < 20; seed++) {
      lost |= memory.crashClone(seed).size(LOG) < 7;
    }
    assertThat(lost).isTrue();
  }
}
