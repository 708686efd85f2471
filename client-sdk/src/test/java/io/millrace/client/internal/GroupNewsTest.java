package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.GroupConfig;
import io.millrace.client.api.OffsetAndMetadata;
import io.millrace.client.api.OffsetReset;
import io.millrace.client.api.RebalanceListener;
import io.millrace.common.ErrorCode;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.common.time.SystemClock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the group tells a consumer at an inconvenient moment of its poll. */
class GroupNewsTest extends ReadingTest {
  private static final RebalanceListener NOBODY = new RebalanceListener() {};

  private final ClusterClient cluster =
      new ClusterClient(broker.config().build(), new SystemClock());
  private final MetadataCache metadata = new MetadataCache(cluster);
  private final ExecutorService helper = Executors.newCachedThreadPool();
  private final ScheduledExecutorService groups = Executors.newSingleThreadScheduledExecutor();
  private final ConsumerConfig config =
      ConsumerConfig.builder()
          .group(GroupConfig.builder("readers").withoutAutoCommit().build())
          .offsetReset(OffsetReset.EARLIEST)
          .build();
  private final PartitionReader reader =
      new PartitionReader(config, cluster, metadata, new OffsetLookup(cluster, metadata), helper);
  private final ConsumerGroup group =
      new ConsumerGroup(config, cluster, metadata, new GroupMember.Threads(groups, helper), reader);

  @BeforeEach
  void giveOne() {
    broker.groups.onJoin = Set.of(new TopicIdPartition(broker.topicId, 0));
  }

  @AfterEach
  void end() {
    group.close(LONG);
    reader.end();
    cluster.close();
    groups.shutdownNow();
    helper.shutdownNow();
  }

  /** The group's part of a poll, in the middle of which something happens once. */
  private final class Interrupted implements PartitionReader.PollWork {
    private final AtomicBoolean happened = new AtomicBoolean();
    private final Runnable meanwhile;

    Interrupted(Runnable meanwhile) {
      this.meanwhile = meanwhile;
    }

    @Override
    public void run() {
      group.run();
    }

    @Override
    public void ask(Collection<Subscription> unsettled) {
      group.ask(unsettled);
      if (happened.compareAndSet(false, true)) {
        meanwhile.run();
      }
    }

    @Override
    public long dueMs() {
      return group.dueMs();
    }
  }

  private CompletableFuture<List<ConsumerRecord>> poll(Duration timeout, Runnable meanwhile) {
    return CompletableFuture.supplyAsync(
        () -> reader.poll(timeout, new Interrupted(meanwhile)), helper);
  }

  private void awaitMember() {
    Awaitility.await()
        .until(() -> broker.groups.heartbeats.stream().anyMatch(h -> h.getMemberEpoch() > 0));
  }

  @Test
  void takesAnAssignmentThatComesInTheMiddleOfAPollAtOnce() {
    CompletableFuture<List<ConsumerRecord>> records =
        poll(
            Duration.ofHours(1),
            () -> {
              group.subscribe(Set.of(FakeBroker.TOPIC), "", NOBODY);
              awaitMember();
            });
    try {
      assertThat(records).succeedsWithin(LONG).asList().isNotEmpty();
    } finally {
      reader.wakeup();
      records.join();
    }
  }

  @Test
  void callsACommitsCallbackThatIsDueInTheMiddleOfAPollAtOnce() {
    CompletableFuture<Boolean> committed = new CompletableFuture<>();
    Map<TopicPartition, OffsetAndMetadata> place = Map.of(PARTITION, OffsetAndMetadata.of(7));
    CompletableFuture<List<ConsumerRecord>> records =
        poll(
            Duration.ofHours(1),
            () -> {
              group.commitAsync(place, (offsets, error) -> committed.complete(error == null));
              Awaitility.await().until(() -> group.dueMs() < Long.MAX_VALUE);
            });
    try {
      assertThat(committed).succeedsWithin(LONG).isEqualTo(true);
    } finally {
      reader.wakeup();
      records.join();
    }
  }

  @Test
  void doesNotFailForASubscriptionThatItHasReplaced() {
    broker.groups.refusesJoin = Optional.of(ErrorCode.INVALID_REGULAR_EXPRESSION);
    group.subscribe(Set.of(), "or[", NOBODY);
    Awaitility.await().until(() -> group.dueMs() < Long.MAX_VALUE);
    broker.groups.refusesJoin = Optional.empty();
    group.subscribe(Set.of(FakeBroker.TOPIC), "", NOBODY);
    awaitMember();
    group.run();
    assertThat(group.subscription()).containsExactly(FakeBroker.TOPIC);
  }

  @Test
  void failsForTheSubscriptionThatItHas() {
    broker.groups.refusesJoin = Optional.of(ErrorCode.INVALID_REGULAR_EXPRESSION);
    group.subscribe(Set.of(), "or[", NOBODY);
    Awaitility.await().until(() -> group.dueMs() < Long.MAX_VALUE);
    assertThatThrownBy(group::run).hasMessageContaining("INVALID_REGULAR_EXPRESSION");
  }
}
