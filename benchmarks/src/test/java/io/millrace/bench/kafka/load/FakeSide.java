package io.millrace.bench.kafka.load;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A side that acknowledges at once. Once its ends were asked for, each partition has {@link
 * #RECORDS} records; until then what is sent is received from partition 0. Thread-safe.
 */
final class FakeSide implements Side {
  private static final int RECORDS = 10;
  private static final int MOST_WAITING = 1_000;

  private final BlockingQueue<byte[]> sent = new ArrayBlockingQueue<>(MOST_WAITING);
  private final AtomicInteger brokers = new AtomicInteger();
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger rewinds = new AtomicInteger();
  private final AtomicLong sends = new AtomicLong();
  private volatile boolean reading;
  private volatile long failAfter = Long.MAX_VALUE;

  /** The sends after so many fail. */
  void failAfter(long records) {
    failAfter = records;
  }

  /** Producers and consumers that have not been closed. */
  int open() {
    return open.get();
  }

  int rewinds() {
    return rewinds.get();
  }

  @Override
  public int brokers() {
    return brokers.getAndIncrement();
  }

  @Override
  public void createTopic(String name, int partitions, int replicas, Map<String, String> configs) {}

  @Override
  public void deleteTopic(String name) {}

  @Override
  public long[] ends(String topic, int partitions) {
    reading = true;
    long[] ends = new long[partitions];
    java.util.Arrays.fill(ends, RECORDS);
    return ends;
  }

  @Override
  public Sender sender(String topic, Map<String, String> settings) {
    open.incrementAndGet();
    return new Sender() {
      @Override
      public void send(byte[] value, SendListener listener) {
        boolean fails = sends.incrementAndGet() > failAfter;
        if (!sent.offer(value)) {
          sent.clear();
        }
        listener.done(fails ? new IllegalStateException("refused by the fake") : null);
      }

      @Override
      public void close() {
        open.decrementAndGet();
      }
    };
  }

  @Override
  public Receiver receiver(String topic, int partitions, Map<String, String> settings) {
    open.incrementAndGet();
    return new FakeReceiver(new long[partitions]);
  }

  @Override
  public void close() {}

  private final class FakeReceiver implements Receiver {
    private final long[] positions;

    private FakeReceiver(long[] positions) {
      this.positions = positions;
    }

    @Override
    public void poll(Duration timeout, Sink sink) {
      if (reading) {
        for (int partition = 0; partition < positions.length; partition++) {
          if (positions[partition] < RECORDS) {
            sink.record(partition, positions[partition]++, new byte[100]);
          }
        }
      } else {
        receive(timeout, sink);
      }
    }

    private void receive(Duration timeout, Sink sink) {
      try {
        byte[] value = sent.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
        if (value != null) {
          sink.record(0, 0, value);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void rewind(int partition) {
      positions[partition] = 0;
      rewinds.incrementAndGet();
    }

    @Override
    public void close() {
      open.decrementAndGet();
    }
  }
}
