package io.millrace.common.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.file.FileStore.MappedFile;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is left after a crash (the ground that S31 and S14 are tested on). */
class MemoryFileStoreCrashTest {
  private static final Path DIRECTORY = Path.of("/data");
  private static final Path A = DIRECTORY.resolve("a");
  private static final Path B = DIRECTORY.resolve("b");
  private static final int SEEDS = 400;

  private final MemoryFileStore store = new MemoryFileStore();

  @BeforeEach
  void makeDirectory() throws IOException {
    store.createDirectories(DIRECTORY);
    store.forceDirectory(Path.of("/"));
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private StoredFile durableFile(Path path, String text) throws IOException {
    StoredFile file = store.open(path, OpenMode.CREATE_NEW);
    file.write(bytes(text), 0);
    file.force();
    store.forceDirectory(DIRECTORY);
    return file;
  }

  private static String contents(FileStore from, Path path) throws IOException {
    if (!from.exists(path)) {
      return "-";
    }
    return new String(AtomicFile.read(from, path), StandardCharsets.US_ASCII);
  }

  /** All that the seeds leave of the paths. */
  private Set<String> outcomes(Path... paths) throws IOException {
    Set<String> outcomes = new TreeSet<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      MemoryFileStore crashed = store.crashClone(seed);
      List<String> outcome = new ArrayList<>();
      for (Path path : paths) {
        outcome.add(contents(crashed, path));
      }
      outcomes.add(String.join(" ", outcome));
    }
    return outcomes;
  }

  @Test
  void keepsWhatWasForced() throws IOException {
    durableFile(A, "safe");
    assertThat(outcomes(A)).containsExactly("safe");
  }

  @Test
  void whatTheSystemGaveUpIsReadAndNeverDurableUntilItIsWrittenAgain() throws IOException {
    StoredFile file = durableFile(A, "ab");
    file.write(bytes("cd"), 2);
    store.giveUp(A);
    file.write(bytes("ef"), 4);
    file.force();
    assertThat(contents(store, A)).isEqualTo("abcdef");
    assertThat(contents(store.killClone(), A)).isEqualTo("abcdef");
    assertThat(outcomes(A)).containsExactly("ab\0\0ef");

    file.write(bytes("cd"), 2);
    file.force();
    assertThat(outcomes(A)).containsExactly("abcdef");
  }

  @Test
  void contentsForcedWithoutTheirNameCanBeLost() throws IOException {
    StoredFile file = store.open(A, OpenMode.CREATE_NEW);
    file.write(bytes("x"), 0);
    file.force();
    assertThat(outcomes(A)).containsExactlyInAnyOrder("-", "x");
  }

  @Test
  void aDirectoryWithoutADurableNameCanBeLostWithAllInIt() throws IOException {
    Path inside = DIRECTORY.resolve("t-0/a");
    store.createDirectories(inside.getParent());
    store.open(inside, OpenMode.CREATE_NEW).close();
    store.forceDirectory(inside.getParent());
    assertThat(outcomes(inside)).containsExactlyInAnyOrder("-", "");
  }

  @Test
  void theLastWriteIsTornAtAnyByte() throws IOException {
    durableFile(A, "ab").write(bytes("cdef"), 2);
    assertThat(outcomes(A))
        .contains("ab", "abc", "abcd", "abcde", "abcdef")
        .contains("ab\0\0\0\0", "abcd\0\0");
  }

  @Test
  void laterWritesSurviveWhereEarlierOnesDoNot() throws IOException {
    StoredFile file = durableFile(A, "ab");
    file.write(bytes("cd"), 2);
    file.write(bytes("ef"), 4);
    assertThat(outcomes(A)).contains("ab", "abcd", "abcdef", "ab\0\0ef", "abcde");
  }

  @Test
  void anUnforcedCutCanComeBackAlsoUnderLaterWrites() throws IOException {
    StoredFile file = durableFile(A, "abcdef");
    file.truncate(2);
    file.write(bytes("X"), 2);
    assertThat(outcomes(A)).contains("abcdef", "ab", "abX", "abXdef");
    file.force();
    assertThat(outcomes(A)).containsExactly("abX");
  }

  @Test
  void aRenameIsDoneOrNotButNeverHalf() throws IOException {
    durableFile(A, "new");
    durableFile(B, "old");
    store.rename(A, B);
    assertThat(outcomes(A, B)).containsExactlyInAnyOrder("new old", "- new");
    store.forceDirectory(DIRECTORY);
    assertThat(outcomes(A, B)).containsExactly("- new");
  }

  @Test
  void aRenameBetweenDirectoriesIsDurableInBothOrNeither() throws IOException {
    Path other = Path.of("/other");
    store.createDirectories(other);
    store.forceDirectory(Path.of("/"));
    StoredFile file = store.open(A, OpenMode.CREATE_NEW);
    file.write(bytes("x"), 0);
    file.force();
    Path moved = other.resolve("b");
    store.rename(A, moved);
    assertThat(outcomes(A, moved)).containsExactlyInAnyOrder("- -", "x -", "- x");
    store.forceDirectory(other);
    assertThat(outcomes(A, moved)).containsExactly("- x");
  }

  @Test
  void aRenamedFileIsNotLostWhenItsNameIsTakenAgain() throws IOException {
    durableFile(A, "x");
    store.rename(A, B);
    store.open(A, OpenMode.CREATE_NEW).close();
    assertThat(outcomes(A, B)).containsExactlyInAnyOrder("x -", "- x", " x");
  }

  @Test
  void anUnforcedDeletionCanComeBack() throws IOException {
    durableFile(A, "x");
    store.delete(A);
    store.open(A, OpenMode.CREATE_NEW).close();
    assertThat(outcomes(A)).containsExactlyInAnyOrder("x", "-", "");
  }

  @Test
  void atomicFileIsTheOldOneOrTheNewOneAtEveryStep() throws IOException {
    AtomicFile.write(store, A, "old".getBytes(StandardCharsets.US_ASCII));
    assertThat(outcomes(A)).containsExactly("old");
    FaultPlan plan = new FaultPlan();
    FaultyFileStore faulty = new FaultyFileStore(store, plan);
    Set<String> seen = new TreeSet<>();
    // Crashes before each of its operations, then once after the last.
    plan.on()
        .run(
            () -> {
              try {
                seen.addAll(outcomes(A));
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    AtomicFile.write(faulty, A, "new".getBytes(StandardCharsets.US_ASCII));
    assertThat(seen).containsExactlyInAnyOrder("old", "new");
    assertThat(outcomes(A)).containsExactly("new");
  }

  @Test
  void theSameSeedGivesTheSameDisk() throws IOException {
    StoredFile file = durableFile(A, "");
    for (int i = 0; i < 20; i++) {
      file.write(bytes("0123456789"), file.size());
      store.open(DIRECTORY.resolve("n" + i), OpenMode.CREATE_NEW).close();
    }
    for (int seed = 0; seed < 50; seed++) {
      MemoryFileStore one = store.crashClone(seed);
      MemoryFileStore other = store.crashClone(seed);
      assertThat(one.list(DIRECTORY)).isEqualTo(other.list(DIRECTORY));
      assertThat(contents(one, A)).isEqualTo(contents(other, A));
    }
  }

  @Test
  void aDyingProcessLosesNothingButItsLocks() throws IOException {
    StoredFile file = durableFile(A, "ab");
    file.write(bytes("cd"), 2);
    store.open(B, OpenMode.CREATE_NEW).close();
    store.lock(DIRECTORY.resolve(".lock"));
    MemoryFileStore next = store.killClone();
    assertThat(contents(next, A)).isEqualTo("abcd");
    assertThat(next.exists(B)).isTrue();
    next.lock(DIRECTORY.resolve(".lock")).close();
    store.crashClone(1).lock(DIRECTORY.resolve(".lock")).close();

    // The dead process's files are its own; and what it did not force can still be lost.
    file.write(bytes("zz"), 0);
    assertThat(contents(next, A)).isEqualTo("abcd");
    Set<String> afterBoth = new TreeSet<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      afterBoth.add(contents(next.crashClone(seed), A));
    }
    assertThat(afterBoth).contains("ab", "abc", "abcd");
  }

  @Test
  void aFullDiskTakesWhatFitsAndFailsAndHasRoomAgainAfterADeletion() throws IOException {
    MemoryFileStore small = new MemoryFileStore(10);
    StoredFile a = small.open(Path.of("a"), OpenMode.CREATE);
    a.write(bytes("01234567"), 0);
    StoredFile b = small.open(Path.of("b"), OpenMode.CREATE);
    assertThatThrownBy(() -> b.write(bytes("xyz"), 0))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("No space left on device");
    assertThat(b.size()).isEqualTo(2);
    assertThat(small.usableSpace(Path.of("a"))).isZero();
    a.write(bytes("overwritten".substring(0, 8)), 0);
    small.delete(Path.of("a"));
    b.write(bytes("xyz"), 0);
    b.truncate(1);
    assertThat(small.usableSpace(Path.of("b"))).isEqualTo(9);
    small.limitTo(1);
    assertThatThrownBy(() -> b.write(bytes("y"), 1)).isInstanceOf(IOException.class);
  }

  @Test
  void cuttingAMappedFileIsCaught() throws IOException {
    StoredFile file = durableFile(A, "0123456789");
    MappedFile mapped = store.map(A, 8);
    file.truncate(8);
    assertThatThrownBy(() -> file.truncate(7)).isInstanceOf(IllegalStateException.class);
    mapped.close();
    mapped.close();
    file.truncate(7);
  }
}
