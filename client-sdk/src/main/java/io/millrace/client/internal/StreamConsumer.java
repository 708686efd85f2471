package io.millrace.client.internal;

import io.millrace.client.api.CommitCallback;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerMetrics;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.OffsetAndMetadata;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.RebalanceListener;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The consumer: who may do what when. Used by one thread at a time, which the guard sees to, but
 * for {@link #wakeup}, {@link #metrics} and {@link #close}. The reader does the reading, the group
 * tells it what.
 */
final class StreamConsumer implements Consumer {
  private static final PartitionReader.PollWork NO_GROUP =
      new PartitionReader.PollWork() {
        @Override
        public void run() {}

        @Override
        public void ask(Collection<Subscription> unsettled) {}

        @Override
        public long dueMs() {
          return Long.MAX_VALUE;
        }
      };

  private final PartitionReader reader;
  private final Optional<ConsumerGroup> group;
  private final UseGuard guard;
  private final CountDownLatch ended = new CountDownLatch(1);

  /** How long the end may take. */
  private volatile Duration closeTimeout = CLOSE_TIMEOUT;

  /**
   * @param threads of the client
   * @param onClose told when it is closed
   */
  StreamConsumer(
      ConsumerConfig config,
      ClusterClient cluster,
      MetadataCache metadata,
      OffsetLookup offsets,
      GroupMember.Threads threads,
      java.util.function.Consumer<StreamConsumer> onClose) {
    this.reader = new PartitionReader(config, cluster, metadata, offsets, threads.helper());
    this.group =
        config.group().map(g -> new ConsumerGroup(config, cluster, metadata, threads, reader));
    this.guard =
        new UseGuard(
            "the consumer",
            () -> {
              try {
                group.ifPresent(g -> g.close(closeTimeout));
              } finally {
                reader.end();
                onClose.accept(this);
                ended.countDown();
              }
            });
  }

  @Override
  public void assign(TopicPartition partition, OffsetSpec from) {
    inside(
        () -> {
          refuseWhileSubscribed("assign");
          reader.assign(partition, from);
        });
  }

  @Override
  public void unassign(TopicPartition partition) {
    inside(
        () -> {
          refuseWhileSubscribed("unassign");
          reader.unassign(partition);
        });
  }

  private void refuseWhileSubscribed(String what) {
    if (group.filter(ConsumerGroup::subscribed).isPresent()) {
      throw new IllegalStateException(what + " while subscribed (expected: unsubscribe before)");
    }
  }

  @Override
  public void subscribe(Collection<String> topics, RebalanceListener listener) {
    Set<String> names = Set.copyOf(topics);
    if (names.isEmpty() || names.contains("")) {
      throw new IllegalArgumentException("topics: " + topics + " (expected: names, at least one)");
    }
    inside(() -> subscribe(names, "", listener));
  }

  @Override
  public void subscribeMatching(String regex, RebalanceListener listener) {
    if (regex.isEmpty()) {
      throw new IllegalArgumentException("regex is empty (expected: a regular expression)");
    }
    inside(() -> subscribe(Set.of(), regex, listener));
  }

  private void subscribe(Set<String> topics, String regex, RebalanceListener listener) {
    ConsumerGroup own = own();
    if (!own.subscribed() && !reader.assignment().isEmpty()) {
      throw new IllegalStateException(
          "subscribe while partitions are assigned: "
              + reader.assignment()
              + " (expected: none, or unsubscribe before)");
    }
    own.subscribe(topics, regex, listener);
  }

  @Override
  public void unsubscribe() {
    inside(
        () -> {
          group.ifPresent(own -> own.unsubscribe(CLOSE_TIMEOUT));
          reader.assignment().forEach(reader::unassign);
        });
  }

  @Override
  public Set<String> subscription() {
    return guard.inside(() -> group.map(ConsumerGroup::subscription).orElse(Set.of()));
  }

  private ConsumerGroup own() {
    return group.orElseThrow(
        () -> new IllegalStateException("the consumer has no group (ConsumerConfig.group)"));
  }

  @Override
  public void commitSync() {
    inside(() -> own().commitSync());
  }

  @Override
  public void commitSync(Map<TopicPartition, OffsetAndMetadata> offsets) {
    inside(() -> own().commitSync(offsets));
  }

  @Override
  public void commitAsync(CommitCallback callback) {
    inside(() -> own().commitAsync(callback));
  }

  @Override
  public void commitAsync(Map<TopicPartition, OffsetAndMetadata> offsets, CommitCallback callback) {
    inside(() -> own().commitAsync(offsets, callback));
  }

  @Override
  public Map<TopicPartition, OffsetAndMetadata> committed(Set<TopicPartition> partitions) {
    return guard.inside(() -> own().committed(partitions));
  }

  @Override
  public void seek(TopicPartition partition, OffsetSpec place) {
    inside(() -> reader.seek(partition, place));
  }

  @Override
  public Set<TopicPartition> assignment() {
    return guard.inside(reader::assignment);
  }

  @Override
  public void pause(TopicPartition partition) {
    inside(() -> reader.pause(partition));
  }

  @Override
  public void resume(TopicPartition partition) {
    inside(() -> reader.resume(partition));
  }

  @Override
  public Set<TopicPartition> paused() {
    return guard.inside(reader::paused);
  }

  @Override
  public long position(TopicPartition partition) {
    return guard.inside(() -> reader.position(partition));
  }

  @Override
  public OptionalLong lag(TopicPartition partition) {
    return guard.inside(() -> reader.lag(partition));
  }

  @Override
  public Optional<MillraceException> trouble() {
    return guard.inside(reader::trouble);
  }

  @Override
  public ConsumerMetrics metrics() {
    return reader.metrics();
  }

  @Override
  public List<ConsumerRecord> poll(Duration timeout) {
    return guard.inside(
        () -> {
          if (group.isEmpty()) {
            return reader.poll(timeout, NO_GROUP);
          }
          ConsumerGroup own = group.get();
          own.polling();
          try {
            return reader.poll(timeout, own);
          } finally {
            own.idle();
          }
        });
  }

  @Override
  public void wakeup() {
    reader.wakeup();
  }

  @Override
  public void close(Duration timeout) {
    closeTimeout = timeout;
    guard.close();
    wakeup();
    if (group.isPresent() && !guard.isInside()) {
      try {
        // The thread that is inside commits and leaves when it comes out.
        boolean done = ended.await(Timeouts.millis(timeout), TimeUnit.MILLISECONDS);
        if (!done) {
          ClientLog.warn("the consumer was still in use " + timeout + " after it was closed");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void inside(Runnable work) {
    guard.inside(
        () -> {
          work.run();
          return true;
        });
  }
}
