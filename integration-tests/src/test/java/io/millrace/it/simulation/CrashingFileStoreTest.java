package io.millrace.it.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.it.simulation.CrashingFileStore.LastChange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CrashingFileStoreTest {
  private static final Path FILE = Path.of("/file");

  @ParameterizedTest
  @CsvSource({"DONE, 8", "HALF_DONE, 6", "NOT_DONE, 4"})
  void endsAtTheChosenChangeAndLetsNothingThroughAfterwards(LastChange last, int bytesLeft)
      throws IOException {
    MemoryFileStore disk = new MemoryFileStore();
    CrashingFileStore door = new CrashingFileStore(disk, disk::giveUp);
    StoredFile file = door.open(FILE, OpenMode.CREATE_NEW);
    door.crashAt(2, last);

    file.write(ByteBuffer.allocate(4), 0);
    assertThatThrownBy(() -> file.write(ByteBuffer.allocate(4), 4)).isInstanceOf(CrashSignal.class);

    assertThatThrownBy(() -> file.write(ByteBuffer.allocate(4), 8)).isInstanceOf(CrashSignal.class);
    assertThatThrownBy(() -> door.exists(FILE)).isInstanceOf(CrashSignal.class);
    assertThat(disk.size(FILE)).isEqualTo(bytesLeft);
  }
}
