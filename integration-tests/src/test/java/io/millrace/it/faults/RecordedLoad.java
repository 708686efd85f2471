package io.millrace.it.faults;

import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Producers, consumers and one who asks for high watermarks, all of which tell a {@link
 * ClientHistory} what they do and see. A producer and a consumer for each topic, on threads of
 * their own.
 */
final class RecordedLoad implements AutoCloseable {
  private static final int VALUE_BYTES = 100;

  /** Records of a producer that are not answered, at most. */
  private static final int WINDOW = 5_000;

  private static final long SAMPLE_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final Duration POLL = Duration.ofMillis(200);

  private final String bootstrap;
  private final ClientHistory history;
  private final AckGaps gaps;
  private final List<TopicPartition> partitions;
  private final long pauseNanos;
  private final List<Thread> sending = new ArrayList<>();
  private final List<Thread> reading = new ArrayList<>();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile boolean sendingEnds;
  private volatile boolean readingEnds;

  /** Whether every leader is known to lead: a deposed one tells of the past until it knows. */
  private volatile boolean steady;

  /**
   * A load, not begun.
   *
   * @param recordsPerSecond of each producer, at most
   */
  RecordedLoad(
      String bootstrap,
      ClientHistory history,
      List<TopicPartition> partitions,
      int recordsPerSecond) {
    this.bootstrap = bootstrap;
    this.history = history;
    this.partitions = partitions;
    this.gaps = new AckGaps(partitions);
    this.pauseNanos = TimeUnit.SECONDS.toNanos(1) / recordsPerSecond;
  }

  void start() {
    List<String> topics = partitions.stream().map(TopicPartition::topic).distinct().toList();
    for (int i = 0; i < topics.size(); i++) {
      int producer = i + 1;
      List<TopicPartition> own = of(topics.get(i));
      sending.add(start("producer-" + producer, () -> produce(producer, own)));
      reading.add(start("tail-" + topics.get(i), () -> consume(own)));
    }
    reading.add(start("sampler", this::sample));
  }

  private List<TopicPartition> of(String topic) {
    return partitions.stream().filter(each -> each.topic().equals(topic)).toList();
  }

  private Thread start(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setUncaughtExceptionHandler((t, e) -> failure.compareAndSet(null, e));
    thread.start();
    return thread;
  }

  AckGaps gaps() {
    return gaps;
  }

  /** Whether high watermarks may be asked for now. */
  void steady(boolean now) {
    steady = now;
  }

  private MillraceClient connect() {
    return MillraceClient.connect(ClientConfig.of(bootstrap));
  }

  private void produce(int id, List<TopicPartition> to) {
    Semaphore window = new Semaphore(WINDOW);
    long due = System.nanoTime();
    try (MillraceClient client = connect();
        Producer producer = client.producer(ProducerConfig.defaults())) {
      for (int i = 0; !sendingEnds; i++) {
        window.acquireUninterruptibly();
        send(producer, id, to.get(i % to.size()), VALUE_BYTES, window);
        due = Math.max(due + pauseNanos, System.nanoTime() - TimeUnit.SECONDS.toNanos(1));
        if (due > System.nanoTime()) {
          LockSupport.parkNanos(due - System.nanoTime());
        }
      }
      producer.flush();
    }
  }

  /**
   * Sends records as well, by a producer of its own, and waits until they are answered.
   *
   * @param id the producer's number, which no other one has
   * @param bytes of each record's value
   */
  void fill(int id, TopicPartition to, int records, int bytes) {
    Semaphore window = new Semaphore(records);
    try (MillraceClient client = connect();
        Producer producer = client.producer(ProducerConfig.defaults())) {
      for (int i = 0; i < records; i++) {
        window.acquireUninterruptibly();
        send(producer, id, to, bytes, window);
      }
      producer.flush();
    }
  }

  private void send(Producer producer, int id, TopicPartition to, int bytes, Semaphore window) {
    long number = history.sending(id, to);
    byte[] value = RecordContent.bytes(RecordContent.of(id, number), bytes);
    producer.send(
        ProducerRecord.of(to.topic(), value).toPartition(to.partition()),
        (at, error) -> {
          if (at != null) {
            history.acknowledged(id, number, to, at.offset());
            gaps.acknowledged(to);
          } else {
            history.failed(id, number, maybeAppended(error));
          }
          window.release();
        });
  }

  private static boolean maybeAppended(@Nullable MillraceException error) {
    return error == null || !"false".equals(error.error().details().get("maybe_appended"));
  }

  private void consume(List<TopicPartition> from) {
    String name = Thread.currentThread().getName();
    try (MillraceClient client = connect();
        Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      for (TopicPartition partition : from) {
        history.assigned(name, partition);
        consumer.assign(partition, OffsetSpec.earliest());
      }
      while (!readingEnds || from.stream().anyMatch(each -> isBehind(consumer, each))) {
        for (ConsumerRecord record : poll(consumer)) {
          history.read(
              name,
              new TopicPartition(record.topic(), record.partition()),
              record.offset(),
              RecordContent.read(record.value()));
        }
      }
    }
  }

  /** What a broker that is away makes it throw, it tries again. */
  private static List<ConsumerRecord> poll(Consumer consumer) {
    try {
      return consumer.poll(POLL);
    } catch (MillraceException e) {
      if (e.code().retriable()) {
        return List.of();
      }
      throw e;
    }
  }

  private boolean isBehind(Consumer consumer, TopicPartition partition) {
    return consumer.position(partition) < history.knownEnd(partition);
  }

  private void sample() {
    try (MillraceClient client = connect()) {
      while (!readingEnds) {
        for (TopicPartition partition : partitions) {
          if (steady) {
            sample(client, partition);
          }
        }
        LockSupport.parkNanos(SAMPLE_EVERY_NANOS);
      }
    }
  }

  private void sample(MillraceClient client, TopicPartition partition) {
    long before = history.knownEnd(partition);
    try {
      long told =
          client
              .admin()
              .offsets(Map.of(partition, OffsetSpec.latest()))
              .getOrDefault(partition, -1L);
      if (steady) {
        history.sampled(partition, before, told);
      }
    } catch (MillraceException e) {
      if (!e.code().retriable()) {
        throw e;
      }
    }
  }

  /**
   * Ends the producers once everything is answered, then the consumers once they are at the end.
   */
  void finish() throws InterruptedException {
    sendingEnds = true;
    join(sending);
    readingEnds = true;
    join(reading);
  }

  private void join(List<Thread> threads) throws InterruptedException {
    for (Thread thread : threads) {
      thread.join(TimeUnit.MINUTES.toMillis(3));
      if (thread.isAlive()) {
        throw new IllegalStateException(thread.getName() + " does not come to its end");
      }
    }
    requireNoFailure();
  }

  /** Throws what a client threw. */
  void requireNoFailure() {
    Throwable thrown = failure.get();
    if (thrown != null) {
      throw new IllegalStateException("a client failed", thrown);
    }
  }

  @Override
  public void close() {
    sendingEnds = true;
    readingEnds = true;
  }
}
