package io.millrace.common.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.file.FileStore.FileLock;
import io.millrace.common.file.FileStore.MappedFile;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every {@link FileStore} does alike. */
abstract class FileStoreContract {
  @TempDir Path temporary;

  private FileStore store;
  private Path directory;

  abstract FileStore newStore();

  @BeforeEach
  void makeDirectory() throws IOException {
    store = newStore();
    directory = temporary.resolve("data");
    store.createDirectories(directory);
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private String contents(Path path) throws IOException {
    return new String(AtomicFile.read(store, path), StandardCharsets.US_ASCII);
  }

  private Path write(String name, String text) throws IOException {
    Path path = directory.resolve(name);
    try (StoredFile file = store.open(path, OpenMode.CREATE)) {
      file.write(bytes(text), 0);
    }
    return path;
  }

  @Test
  void readsWhatWasWritten() throws IOException {
    Path path = directory.resolve("a");
    try (StoredFile file = store.open(path, OpenMode.CREATE_NEW)) {
      file.write(bytes("hello "), 0);
      file.write(new ByteBuffer[] {bytes("wor"), bytes(""), bytes("ld")}, 6);
      file.force();
      assertThat(file.size()).isEqualTo(11);
      assertThat(file.path()).isEqualTo(path);
    }
    assertThat(contents(path)).isEqualTo("hello world");
    assertThat(store.size(path)).isEqualTo(11);
  }

  @Test
  void readStopsAtTheEndOfTheFile() throws IOException {
    Path path = write("a", "0123456789");
    try (StoredFile file = store.open(path, OpenMode.READ)) {
      ByteBuffer into = ByteBuffer.allocate(8);
      assertThat(file.read(into, 6)).isEqualTo(4);
      assertThat(into.flip()).isEqualTo(bytes("6789"));
      assertThat(file.read(ByteBuffer.allocate(8), 10)).isZero();
      assertThat(file.read(ByteBuffer.allocate(8), 99)).isZero();
      assertThat(file.read(ByteBuffer.allocateDirect(3), 0)).isEqualTo(3);
    }
  }

  @Test
  void writesManyAndLargeBuffersWhole() throws IOException {
    SplittableRandom random = new SplittableRandom(7);
    byte[] expected = new byte[5_000_000];
    random.nextBytes(expected);
    ByteBuffer[] pieces = new ByteBuffer[3000];
    int from = 0;
    for (int i = 0; i < pieces.length; i++) {
      // The last piece is larger than one transfer.
      int length = i == pieces.length - 1 ? expected.length - from : random.nextInt(600);
      ByteBuffer piece =
          i % 3 == 0 ? ByteBuffer.allocateDirect(length) : ByteBuffer.allocate(length);
      pieces[i] = piece.put(expected, from, length).flip();
      from += length;
    }
    Path path = directory.resolve("a");
    try (StoredFile file = store.open(path, OpenMode.CREATE)) {
      file.write(bytes("xyz"), 0);
      file.write(Arrays.copyOf(pieces, pieces.length - 1), 3);
      file.write(pieces[pieces.length - 1], file.size());
      assertThat(Arrays.stream(pieces).noneMatch(ByteBuffer::hasRemaining)).isTrue();
    }
    byte[] all = AtomicFile.read(store, path);
    assertThat(Arrays.equals(all, 3, all.length, expected, 0, expected.length)).isTrue();
  }

  @Test
  void overwritesAndFillsGapsWithZeros() throws IOException {
    Path path = write("a", "0123456789");
    try (StoredFile file = store.open(path, OpenMode.READ_WRITE)) {
      file.write(bytes("ab"), 3);
      file.write(bytes("z"), 12);
    }
    assertThat(contents(path)).isEqualTo("012ab56789\0\0z");
  }

  @Test
  void cutsAndGrowsAgain() throws IOException {
    Path path = write("a", "0123456789");
    try (StoredFile file = store.open(path, OpenMode.READ_WRITE)) {
      file.truncate(20);
      assertThat(file.size()).isEqualTo(10);
      file.truncate(4);
      file.write(bytes("x"), 6);
    }
    assertThat(contents(path)).isEqualTo("0123\0\0x");
  }

  @Test
  void opensByMode() throws IOException {
    Path path = directory.resolve("a");
    assertThatThrownBy(() -> store.open(path, OpenMode.READ))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> store.open(path, OpenMode.READ_WRITE))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> store.open(directory.resolve("no/a"), OpenMode.CREATE))
        .isInstanceOf(NoSuchFileException.class);
    store.open(path, OpenMode.CREATE_NEW).close();
    assertThatThrownBy(() -> store.open(path, OpenMode.CREATE_NEW))
        .isInstanceOf(FileAlreadyExistsException.class);
    write("a", "kept");
    store.open(path, OpenMode.CREATE).close();
    assertThat(contents(path)).isEqualTo("kept");
    assertThatThrownBy(() -> store.open(directory, OpenMode.READ)).isInstanceOf(IOException.class);
  }

  @Test
  void readOnlyFileRefusesWrites() throws IOException {
    Path path = write("a", "x");
    try (StoredFile file = store.open(path, OpenMode.READ)) {
      assertThatThrownBy(() -> file.write(bytes("y"), 0))
          .isInstanceOf(NonWritableChannelException.class);
      assertThatThrownBy(() -> file.truncate(0)).isInstanceOf(NonWritableChannelException.class);
    }
  }

  @Test
  void closedFileRefusesEverything() throws IOException {
    StoredFile file = store.open(directory.resolve("a"), OpenMode.CREATE);
    file.close();
    file.close();
    assertThatThrownBy(file::size).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(file::force).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> file.read(ByteBuffer.allocate(1), 0))
        .isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> file.write(bytes("y"), 0)).isInstanceOf(ClosedChannelException.class);
  }

  @Test
  void listsNamesSortedAndNothingForAMissingDirectory() throws IOException {
    Path b = write("b", "");
    Path a = write("a", "");
    Path c = directory.resolve("c");
    store.createDirectories(c);
    assertThat(store.list(directory)).containsExactly(a, b, c);
    assertThat(store.list(directory.resolve("missing"))).isEmpty();
    assertThat(store.isDirectory(c)).isTrue();
    assertThat(store.isDirectory(a)).isFalse();
    assertThat(store.isDirectory(directory.resolve("missing"))).isFalse();
    assertThatThrownBy(() -> store.size(directory.resolve("missing")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void createsDirectoriesButNotOverAFile() throws IOException {
    store.createDirectories(directory.resolve("x/y/z"));
    store.createDirectories(directory.resolve("x/y/z"));
    assertThat(store.isDirectory(directory.resolve("x/y/z"))).isTrue();
    Path file = write("a", "");
    assertThatThrownBy(() -> store.createDirectories(file))
        .isInstanceOf(FileAlreadyExistsException.class);
  }

  @Test
  void renamesOverAnotherFileWhileBothAreOpen() throws IOException {
    Path a = write("a", "new");
    Path b = write("b", "old");
    try (StoredFile openA = store.open(a, OpenMode.READ_WRITE);
        StoredFile openB = store.open(b, OpenMode.READ)) {
      store.rename(a, b);
      store.forceDirectory(directory);
      openA.write(bytes("er"), 3);
      ByteBuffer into = ByteBuffer.allocate(3);
      openB.read(into, 0);
      assertThat(into.flip()).isEqualTo(bytes("old"));
    }
    assertThat(store.exists(a)).isFalse();
    assertThat(contents(b)).isEqualTo("newer");
    assertThatThrownBy(() -> store.rename(a, b)).isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void renamesDirectoriesWithTheirFiles() throws IOException {
    Path inside = directory.resolve("t-0");
    store.createDirectories(inside);
    write("t-0/a", "x");
    Path aside = directory.resolve("t-0.deleted");
    store.rename(inside, aside);
    assertThat(store.list(aside)).containsExactly(aside.resolve("a"));
    assertThat(store.exists(inside)).isFalse();
    write("other", "");
    assertThatThrownBy(() -> store.rename(directory.resolve("other"), aside))
        .isInstanceOf(IOException.class);
  }

  @Test
  void deletesFilesAndEmptyDirectories() throws IOException {
    Path inside = directory.resolve("t");
    store.createDirectories(inside);
    Path a = write("t/a", "x");
    assertThatThrownBy(() -> store.delete(inside)).isInstanceOf(DirectoryNotEmptyException.class);
    try (StoredFile open = store.open(a, OpenMode.READ)) {
      store.delete(a);
      assertThat(open.size()).isEqualTo(1);
    }
    store.delete(a);
    store.delete(inside);
    assertThat(store.list(directory)).isEmpty();
  }

  @Test
  void mapsTheFirstBytesReadOnly() throws IOException {
    Path path = write("a", "0123456789");
    try (MappedFile mapped = store.map(path, 4)) {
      ByteBuffer buffer = mapped.buffer();
      assertThat(buffer.isReadOnly()).isTrue();
      assertThat(buffer.duplicate()).isEqualTo(bytes("0123"));
      store.delete(path);
      assertThat(buffer.getInt(0)).isEqualTo(0x30313233);
      mapped.close();
    }
    Path empty = write("b", "");
    try (MappedFile mapped = store.map(empty, 0)) {
      assertThat(mapped.buffer().remaining()).isZero();
    }
    assertThatThrownBy(() -> store.map(empty, 1)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> store.map(directory.resolve("missing"), 0))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void tellsUsableSpaceAlsoOfPathsThatAreStillMissing() throws IOException {
    assertThat(store.usableSpace(directory)).isPositive();
    assertThat(store.usableSpace(directory.resolve("x/y"))).isPositive();
  }

  @Test
  void locksOnceUntilClosed() throws IOException {
    Path path = directory.resolve(".lock");
    FileLock lock = store.lock(path);
    assertThatThrownBy(() -> store.lock(path))
        .isInstanceOf(FileLockedException.class)
        .hasMessageContaining(path.toString());
    lock.close();
    lock.close();
    FileLock next = store.lock(path);
    lock.close();
    assertThatThrownBy(() -> store.lock(path)).isInstanceOf(FileLockedException.class);
    next.close();
    assertThat(store.exists(path)).isTrue();
  }

  @Test
  void anInterruptedThreadWorksOnAndStaysInterrupted() throws IOException {
    Path path = directory.resolve("a");
    Thread.currentThread().interrupt();
    try (StoredFile file = store.open(path, OpenMode.CREATE);
        FileLock lock = store.lock(directory.resolve(".lock"))) {
      file.write(new ByteBuffer[] {bytes("ab"), bytes("cd")}, 0);
      file.write(bytes("ef"), 4);
      file.truncate(5);
      file.force();
      store.forceDirectory(directory);
      ByteBuffer into = ByteBuffer.allocate(9);
      assertThat(file.read(into, 0)).isEqualTo(5);
      try (MappedFile mapped = store.map(path, 5)) {
        assertThat(mapped.buffer().get(4)).isEqualTo((byte) 'e');
      }
      assertThat(file.size()).isEqualTo(5);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }
}
