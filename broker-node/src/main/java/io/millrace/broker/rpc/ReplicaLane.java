package io.millrace.broker.rpc;

import io.millrace.broker.replica.link.LeaderLogs;
import io.millrace.broker.replica.link.LeaderRead;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What one Replicate stream does on the threads that read of one log directory: takes the signals
 * of the partitions there, and reads. One run at a time; if the disk hangs, the run does, and
 * nothing else of the stream. Thread-safe.
 */
final class ReplicaLane {
  /** Rounds in one run: a busy stream lets others onto the thread in between. */
  private static final int ROUNDS_PER_RUN = 16;

  private final Executor threads;
  private final LeaderLogs logs;
  private final Stream stream;

  /** Subscriptions that may have something to send; each at most once. */
  private final Queue<ReplicaWatch> signals = new ConcurrentLinkedQueue<>();

  /** At most one. */
  private final Queue<LeaderRead> reads = new ConcurrentLinkedQueue<>();

  /** Calls that no round has answered yet, about; above 0 while a run is under way. */
  private final AtomicInteger calls = new AtomicInteger();

  /** The stream; any thread. */
  interface Stream {
    /** Subscriptions wait in the queue; they are to be taken out. */
    void signalled(Queue<ReplicaWatch> signals);

    /** A read has ended. */
    void done(LeaderRead read);

    /** A read has thrown. */
    void failed(LeaderRead read, Throwable thrown);
  }

  ReplicaLane(Executor threads, LeaderLogs logs, Stream stream) {
    this.threads = threads;
    this.logs = logs;
    this.stream = stream;
  }

  /** There may be something to send of a subscription; cheap. */
  void signal(ReplicaWatch watch) {
    signals.add(watch);
    call();
  }

  void read(LeaderRead read) {
    reads.add(read);
    call();
  }

  private void call() {
    if (calls.getAndIncrement() == 0) {
      threads.execute(this::run);
    }
  }

  private void run() {
    int answered = calls.get();
    for (int round = 1; answered > 0; round++) {
      round();
      answered = calls.addAndGet(-answered);
      if (answered > 0 && round == ROUNDS_PER_RUN) {
        threads.execute(this::run);
        return;
      }
    }
  }

  private void round() {
    if (!signals.isEmpty()) {
      stream.signalled(signals);
    }
    LeaderRead read = reads.poll();
    if (read == null) {
      return;
    }
    try {
      read.carryOut(logs);
    } catch (RuntimeException | Error e) {
      stream.failed(read, e);
      return;
    }
    stream.done(read);
  }
}
