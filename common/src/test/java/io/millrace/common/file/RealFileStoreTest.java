package io.millrace.common.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class RealFileStoreTest extends FileStoreContract {
  @Override
  FileStore newStore() {
    return new RealFileStore();
  }

  /** Whenever the interrupt comes: before, inside or after a read, a write or a force. */
  @Test
  void interruptsInTheMiddleOfAnOperationCloseNothing() throws Exception {
    Path path = temporary.resolve("a");
    try (StoredFile file = newStore().open(path, OpenMode.CREATE_NEW)) {
      AtomicReference<Throwable> failure = new AtomicReference<>();
      List<Thread> threads = new ArrayList<>();
      threads.add(new Thread(() -> keepGoing(failure, () -> writeAndForce(file))));
      threads.add(new Thread(() -> keepGoing(failure, () -> file.read(buffer(), 0))));
      threads.forEach(Thread::start);
      while (threads.stream().anyMatch(Thread::isAlive)) {
        threads.forEach(Thread::interrupt);
        Thread.onSpinWait();
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(failure.get()).isNull();
      assertThat(file.size()).isEqualTo(2 * 4096);
    }
  }

  private static ByteBuffer buffer() {
    return ByteBuffer.allocate(4096);
  }

  private static void writeAndForce(StoredFile file) throws IOException {
    file.write(new ByteBuffer[] {buffer(), buffer()}, 0);
    file.force();
  }

  private interface Work {
    void run() throws IOException;
  }

  private static void keepGoing(AtomicReference<Throwable> failure, Work work) {
    try {
      for (int i = 0; i < 300; i++) {
        work.run();
      }
    } catch (Throwable e) {
      failure.set(e);
    }
  }

  @Test
  void aFileThatWasMovedBeforeAnInterruptClosedItIsNotTakenForAnother() throws Exception {
    Path path = temporary.resolve("a");
    FileStore store = newStore();
    try (StoredFile file = store.open(path, OpenMode.CREATE_NEW)) {
      ((RealStoredFile) file).channel().close();
      file.write(buffer(), 0);
      store.rename(path, temporary.resolve("b"));
      store.open(path, OpenMode.CREATE_NEW).close();
      ((RealStoredFile) file).channel().close();
      assertThatThrownBy(() -> file.write(buffer(), 0)).isInstanceOf(NoSuchFileException.class);
    }
    assertThat(store.size(path)).isZero();
  }

  @Test
  void aLockThatCouldNotBeTakenIsNotHeld() throws IOException {
    FileStore store = newStore();
    Path path = temporary.resolve("lock");
    store.createDirectories(path);
    assertThatThrownBy(() -> store.lock(path)).isInstanceOf(IOException.class);
    store.delete(path);

    store.lock(path).close();
  }
}
