package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.file.RealFileStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same engine on the operating system's files, with readers beside the writer. */
class RealDiskTest {
  private static final LogConfig CONFIG =
      LogConfig.DEFAULT.toBuilder().segmentBytes(20_000).indexIntervalBytes(500).build();

  @TempDir Path data;

  private TestLog open() {
    return new TestLog(new RealFileStore(), CONFIG, data.resolve("orders-3"));
  }

  @Test
  void keepsRecordsAcrossCloseAndDeath() {
    TestLog test = open();
    test.append(500, 100);
    test.restart();
    assertThat(test.log.recovery()).isEqualTo(RecoveryResult.NOTHING_TO_DO);
    test.append(500, 100);
    test.log.abandon();
    test.reopen(false);
    assertThat(test.values(0)).hasSize(1_000);
    test.log.truncateTo(321);
    test.moveLogStartTo(200);
    test.flush();
    test.retain(321).forEach(DetachedSegment::delete);
    assertThat(test.values(200)).hasSize(121);
    test.restart();
    assertThat(test.values(200)).hasSize(121);
    test.log.close();
  }

  @Test
  void readersOnOtherThreadsSeeEveryRecordOnceAndInOrder() throws InterruptedException {
    TestLog test = open();
    AtomicBoolean done = new AtomicBoolean();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<Thread> readers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Thread reader = new Thread(() -> follow(test, done, failure));
      readers.add(reader);
      reader.start();
    }
    for (int i = 0; i < 3_000; i++) {
      test.append("value " + i);
      if (i % 100 == 99) {
        test.flush();
      }
    }
    done.set(true);
    for (Thread reader : readers) {
      reader.join();
    }

    assertThat(failure.get()).isNull();
    assertThat(test.log.snapshot().segmentCount()).isGreaterThan(8);
    test.log.close();
  }

  private static void follow(TestLog test, AtomicBoolean done, AtomicReference<Throwable> failure) {
    try {
      long next = 0;
      boolean last = false;
      while (!last) {
        last = done.get();
        LogSnapshot snapshot = test.log.snapshot();
        List<String> values = TestLog.values(snapshot, next, Long.MAX_VALUE);
        for (String value : values) {
          assertThat(value).isEqualTo("value " + next);
          next++;
        }
        assertThat(next).isEqualTo(snapshot.logEndOffset());
      }
    } catch (RuntimeException | Error e) {
      failure.set(e);
    }
  }
}
