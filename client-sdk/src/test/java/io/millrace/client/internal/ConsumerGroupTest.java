package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.GroupConfig;
import io.millrace.client.api.OffsetAndMetadata;
import io.millrace.client.api.OffsetReset;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.RebalanceListener;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A consumer in a group, whose coordinator does what the test says. */
class ConsumerGroupTest extends ReadingTest {
  private static final Duration OFTEN = Duration.ofMillis(1);

  private final List<String> events = new CopyOnWriteArrayList<>();

  /** Writes down what it is told. */
  private final RebalanceListener writer =
      new RebalanceListener() {
        @Override
        public void onAssigned(Set<TopicPartition> partitions) {
          events.add("assigned " + sorted(partitions));
        }

        @Override
        public void onRevoked(Set<TopicPartition> partitions) {
          events.add("revoked " + sorted(partitions));
        }

        @Override
        public void onLost(Set<TopicPartition> partitions) {
          events.add("lost " + sorted(partitions));
        }
      };

  private TopicIdPartition zero;
  private TopicIdPartition one;

  @BeforeEach
  void giveBoth() {
    zero = new TopicIdPartition(broker.topicId, 0);
    one = new TopicIdPartition(broker.topicId, 1);
    broker.groups.onJoin = Set.of(zero, one);
  }

  private static List<TopicPartition> sorted(Set<TopicPartition> partitions) {
    return partitions.stream().sorted().toList();
  }

  private static ConsumerConfig.Builder config(GroupConfig group) {
    return ConsumerConfig.builder()
        .group(group)
        .offsetReset(OffsetReset.EARLIEST)
        .maxPollRecords(4);
  }

  private static GroupConfig manual() {
    return GroupConfig.builder("readers").withoutAutoCommit().build();
  }

  private static GroupConfig automatic() {
    return GroupConfig.builder("readers").autoCommitInterval(OFTEN).build();
  }

  private Consumer subscribed(ConsumerConfig.Builder config) {
    Consumer consumer = client.consumer(config.build());
    consumer.subscribe(List.of(FakeBroker.TOPIC), writer);
    return consumer;
  }

  private static List<ConsumerRecord> records(Consumer consumer) {
    List<ConsumerRecord> records = List.of();
    for (int i = 0; records.isEmpty() && i < 20; i++) {
      records = consumer.poll(Duration.ofMillis(500));
    }
    assertThat(records).isNotEmpty();
    return records;
  }

  private static void collectUntil(
      Consumer consumer, List<ConsumerRecord> all, BooleanSupplier reached) {
    Awaitility.await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(
            () -> {
              all.addAll(consumer.poll(SHORT));
              return reached.getAsBoolean();
            });
  }

  private static void pollUntil(Consumer consumer, BooleanSupplier reached) {
    Awaitility.await()
        .until(
            () -> {
              consumer.poll(Duration.ZERO);
              return reached.getAsBoolean();
            });
  }

  @Test
  void readsWhatTheGroupGivesFromWhereItHasCommitted() {
    broker.groups.commit(zero, 90);
    broker.groups.commit(one, 95);
    try (Consumer consumer = subscribed(config(manual()))) {
      List<ConsumerRecord> all = new ArrayList<>();
      while (all.size() < 15) {
        all.addAll(records(consumer));
      }
      assertThat(of(PARTITION, all)).isEqualTo(values(0, 90));
      assertThat(of(OTHER, all)).isEqualTo(values(1, 95));
      assertThat(consumer.assignment()).containsExactlyInAnyOrder(PARTITION, OTHER);
      assertThat(consumer.subscription()).containsExactly(FakeBroker.TOPIC);
      assertThat(events).containsExactly("assigned [orders-0, orders-1]");
      assertThat(consumer.committed(Set.of(PARTITION)))
          .containsEntry(PARTITION, OffsetAndMetadata.of(90));
    }
  }

  /** S41. */
  @Test
  void S41_startsWhereTheResetSaysWithoutACommit() {
    broker.groups.onJoin = Set.of(zero);
    try (Consumer consumer = subscribed(config(manual()).offsetReset(OffsetReset.LATEST))) {
      pollUntil(consumer, () -> known(consumer));
      assertThat(consumer.position(PARTITION)).isEqualTo(100);
    }
    Duration age = Duration.ofHours(1);
    try (Consumer consumer = subscribed(config(manual()).offsetReset(OffsetReset.byAge(age)))) {
      assertThat(records(consumer)).first().matches(r -> r.offset() == 0);
    }
    try (Consumer consumer =
        subscribed(config(manual()).offsetReset(OffsetReset.byAge(Duration.ZERO)))) {
      pollUntil(consumer, () -> known(consumer));
      assertThat(consumer.position(PARTITION)).isEqualTo(100);
    }
  }

  private static boolean known(Consumer consumer) {
    try {
      return consumer.position(PARTITION) >= 0;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  @Test
  void S41_throwsWithoutACommitIfNothingIsReset() {
    broker.groups.onJoin = Set.of(zero);
    try (Consumer consumer = subscribed(config(manual()).offsetReset(OffsetReset.NONE))) {
      assertThatThrownBy(() -> records(consumer))
          .isInstanceOf(MillraceException.class)
          .hasMessageContaining("group readers has committed no offset for orders-0");
      consumer.seek(PARTITION, 98);
      assertThat(records(consumer)).first().matches(r -> r.offset() == 98);
    }
  }

  @Test
  void S41_resetsACommitThatIsOutOfRange() {
    broker.groups.onJoin = Set.of(zero);
    broker.groups.commit(zero, 3);
    broker.logStart = 40;
    try (Consumer consumer = subscribed(config(manual()))) {
      assertThat(records(consumer)).first().matches(r -> r.offset() >= 40);
    }
  }

  @Test
  void startsWhereTheListenerSeeks() {
    broker.groups.onJoin = Set.of(zero);
    broker.groups.commit(zero, 3);
    try (Consumer consumer = client.consumer(config(manual()).build())) {
      consumer.subscribe(
          List.of(FakeBroker.TOPIC),
          new RebalanceListener() {
            @Override
            public void onAssigned(Set<TopicPartition> partitions) {
              consumer.seek(PARTITION, 77);
            }
          });
      assertThat(records(consumer)).first().matches(r -> r.offset() == 77);
    }
  }

  /** S42: what a poll has returned counts as processed at the next one. */
  @Test
  void S42_commitsByItselfOnlyWhatWasProcessed() {
    broker.groups.onJoin = Set.of(zero);
    try (Consumer consumer = subscribed(config(automatic()))) {
      int processed = 0;
      while (processed < 90) {
        List<ConsumerRecord> records = records(consumer);
        assertThat(broker.groups.committed(zero).orElse(0L))
            .as("before %s were processed", records)
            .isLessThanOrEqualTo(processed);
        processed += records.size();
      }
      long all = processed;
      consumer.pause(PARTITION);
      pollUntil(consumer, () -> broker.groups.committed(zero).equals(Optional.of(all)));
    }
  }

  @Test
  void S42_commitsWhatWasProcessedWhenItIsClosed() {
    broker.groups.onJoin = Set.of(zero);
    GroupConfig rarely =
        GroupConfig.builder("readers").autoCommitInterval(Duration.ofDays(1)).build();
    Consumer consumer = subscribed(config(rarely));
    int before = 0;
    List<ConsumerRecord> last = records(consumer);
    while (before + last.size() < 20) {
      before += last.size();
      last = records(consumer);
    }
    consumer.close();
    assertThat(broker.groups.committed(zero))
        .as("not what was returned last")
        .hasValue((long) before);
    assertThat(events).contains("revoked [orders-0]");
    assertThat(broker.groups.leaves).hasSize(1);
  }

  @Test
  void S42_commitsWhatItReturnedWhenTold() {
    broker.groups.onJoin = Set.of(zero);
    try (Consumer consumer = subscribed(config(manual()))) {
      int count = records(consumer).size();
      consumer.commitSync();
      assertThat(broker.groups.committed(zero)).hasValue((long) count);
      consumer.commitSync(Map.of(PARTITION, OffsetAndMetadata.of(1)));
      assertThat(broker.groups.committed(zero)).hasValue(1L);
      assertThatThrownBy(() -> consumer.commitSync(Map.of(OTHER, OffsetAndMetadata.of(1))))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("orders-1 is not assigned");
    }
  }

  @Test
  void carriesOutCommitsInTheirOrderAndTellsOfThemInIt() {
    broker.groups.onJoin = Set.of(zero);
    try (Consumer consumer = subscribed(config(manual()))) {
      records(consumer);
      broker.groups.refusals.add(ErrorCode.NOT_COORDINATOR);
      broker.groups.refusals.add(ErrorCode.COORDINATOR_LOADING);
      for (long i = 1; i <= 20; i++) {
        consumer.commitAsync(
            Map.of(PARTITION, OffsetAndMetadata.of(i)),
            (offsets, error) ->
                events.add("committed " + offsets.get(PARTITION).offset() + " " + error));
      }
      int told = events.size();
      consumer.commitSync(Map.of(PARTITION, OffsetAndMetadata.of(21)));
      assertThat(events.subList(told, events.size()))
          .hasSize(20)
          .startsWith("committed 1 null", "committed 2 null")
          .endsWith("committed 20 null");
      assertThat(committedOffsets().subList(2, 23)).isSorted().startsWith(1L).endsWith(21L);
    }
  }

  private List<Long> committedOffsets() {
    return broker.groups.commits.stream()
        .map(c -> c.getTopics(0).getPartitions(0).getOffset())
        .toList();
  }

  /** S36: what is kept goes on over the stream that it has, with what was read ahead. */
  @Test
  void S36_doesNotTouchAPartitionThatItKeeps() {
    try (Consumer consumer = subscribed(config(manual()))) {
      List<ConsumerRecord> all = new ArrayList<>();
      collectUntil(consumer, all, () -> broker.served.size() == 2);
      broker.groups.give(Set.of(zero));
      collectUntil(consumer, all, () -> of(PARTITION, all).size() >= 100 && events.size() >= 2);
      assertThat(events).containsExactly("assigned [orders-0, orders-1]", "revoked [orders-1]");
      broker.groups.give(Set.of(zero, one));
      collectUntil(consumer, all, () -> of(OTHER, all).size() >= 100);
      assertThat(of(PARTITION, all)).as("each once").isEqualTo(values(0, 0));
      assertThat(broker.served).as("the kept one was asked for once").hasSize(3);
    }
  }

  /** Otherwise it would count as the owner until it is fenced. */
  @Test
  void S36_saysThatItHasGivenUpWhatItNeverTook() {
    broker.groups.onJoin = Set.of(zero);
    try (Consumer consumer = subscribed(config(manual()))) {
      records(consumer);
      String member = broker.groups.members().get(0);
      broker.groups.give(Set.of(zero, one));
      awaitConfirmed(member);
      assertThat(broker.groups.owned(member)).contains(one);
      broker.groups.give(Set.of(zero));
      awaitConfirmed(member);
      pollUntil(consumer, () -> broker.groups.owned(member).equals(Set.of(zero)));
      assertThat(events).containsExactly("assigned [orders-0]");
    }
  }

  private void awaitConfirmed(String member) {
    int epoch = broker.groups.epoch(member);
    Awaitility.await()
        .until(() -> broker.groups.heartbeats.stream().anyMatch(h -> h.getMemberEpoch() == epoch));
  }

  @Test
  void S36_returnsNothingOfAPartitionOnceItsRevocationWasTold() {
    try (Consumer consumer = client.consumer(config(manual()).build())) {
      consumer.subscribe(List.of(FakeBroker.TOPIC), writer);
      records(consumer);
      pollUntil(consumer, () -> consumer.metrics().bufferedBytes() > 1_000);
      broker.groups.give(Set.of(zero));
      boolean revoked = false;
      for (int i = 0; i < 200; i++) {
        List<ConsumerRecord> records = consumer.poll(Duration.ofMillis(1));
        revoked = events.contains("revoked [orders-1]");
        if (revoked) {
          assertThat(of(OTHER, records)).isEmpty();
        }
      }
      assertThat(revoked).isTrue();
      assertThat(consumer.assignment()).containsExactly(PARTITION);
    }
  }

  @Test
  void hearsOfTheGroupBeforeWhatWasReadAhead() {
    try (Consumer consumer = subscribed(config(manual()))) {
      pollUntil(consumer, () -> consumer.metrics().bufferedBytes() > 1_000);
      broker.groups.give(Set.of(zero));
      awaitConfirmed(broker.groups.members().get(0));
      Awaitility.await()
          .pollInterval(Duration.ofMillis(5))
          .atMost(LONG)
          .until(() -> consumer.metrics().bufferedBytes() > 0 && !consumer.poll(SHORT).isEmpty());
      assertThat(events).endsWith("revoked [orders-1]");
    }
  }

  /** S36: nobody else gets a partition before its listener has been called. */
  @Test
  void S36_saysThatItHasGivenAPartitionUpOnlyAfterTheListenerAndItsCommit() {
    List<Long> committedInside = new ArrayList<>();
    try (Consumer consumer = client.consumer(config(manual()).build())) {
      consumer.subscribe(
          List.of(FakeBroker.TOPIC),
          new RebalanceListener() {
            @Override
            public void onRevoked(Set<TopicPartition> partitions) {
              if (partitions.contains(OTHER) && committedInside.isEmpty()) {
                assertThat(broker.groups.owned(broker.groups.members().get(0))).contains(one);
                long at = consumer.position(OTHER);
                consumer.commitSync(Map.of(OTHER, OffsetAndMetadata.of(at)));
                committedInside.add(at);
                assertThat(broker.groups.owned(broker.groups.members().get(0))).contains(one);
              }
            }
          });
      records(consumer);
      broker.groups.give(Set.of(zero));
      pollUntil(consumer, () -> !committedInside.isEmpty());
      assertThat(broker.groups.committed(one)).contains(committedInside.get(0));
      Awaitility.await()
          .until(() -> broker.groups.owned(broker.groups.members().get(0)).equals(Set.of(zero)));
    }
  }

  @Test
  void throwsWhatTheListenerThrewWhenTheChangeIsDone() {
    try (Consumer consumer = client.consumer(config(manual()).build())) {
      consumer.subscribe(
          List.of(FakeBroker.TOPIC),
          new RebalanceListener() {
            @Override
            public void onRevoked(Set<TopicPartition> partitions) {
              throw new IllegalArgumentException("of the listener");
            }
          });
      records(consumer);
      broker.groups.give(Set.of(zero));
      assertThatThrownBy(() -> pollUntil(consumer, () -> false)).hasMessage("of the listener");
      assertThat(consumer.assignment()).containsExactly(PARTITION);
      assertThat(records(consumer)).isNotEmpty();
    }
  }

  /** S35: what was lost is committed no more, however long its commit was under way. */
  @Test
  void S35_neverCommitsForAMembershipThatIsOver() {
    broker.groups.onJoin = Set.of(zero);
    try (Consumer consumer = subscribed(config(manual()))) {
      records(consumer);
      String first = broker.groups.members().get(0);
      CompletableFuture<MillraceException> outcome = new CompletableFuture<>();
      broker.groups.holdsCommits = true;
      broker.groups.refusals.add(ErrorCode.COORDINATOR_LOADING);
      consumer.commitAsync(
          Map.of(PARTITION, OffsetAndMetadata.of(2)), (offsets, error) -> outcome.complete(error));
      Awaitility.await().until(() -> broker.groups.commits.size() == 1);

      broker.groups.fence();
      pollUntil(consumer, () -> events.size() == 3);
      assertThat(events)
          .containsExactly("assigned [orders-0]", "lost [orders-0]", "assigned [orders-0]");
      // It is a member again, by the same name, and has the partition again.
      assertThat(broker.groups.members()).containsExactly(first);
      broker.groups.commit(zero, 50);
      broker.groups.releaseCommits();
      pollUntil(consumer, outcome::isDone);
      assertThat(outcome.join())
          .hasMessageContaining("STALE_MEMBER_EPOCH")
          .hasMessageContaining("orders-0 was given up or lost since");
      assertThat(broker.groups.committed(zero)).as("not back to 2").hasValue(50L);
      assertThat(broker.groups.commits).as("not sent again").hasSize(1);
    }
  }

  @Test
  void ridesOutACoordinatorThatMovesInTheMiddleOfACommit() {
    broker.groups.onJoin = Set.of(zero);
    try (Consumer consumer = subscribed(config(manual()))) {
      records(consumer);
      int lookUps = broker.groups.lookUps.get();
      broker.groups.cut(ErrorCode.NOT_COORDINATOR);
      broker.groups.refusals.add(ErrorCode.NOT_COORDINATOR);
      consumer.commitSync(Map.of(PARTITION, OffsetAndMetadata.of(7)));
      assertThat(broker.groups.committed(zero)).hasValue(7L);
      assertThat(broker.groups.lookUps.get()).isGreaterThan(lookUps);
      Awaitility.await()
          .until(
              () ->
                  broker.groups.heartbeats.stream().filter(h -> h.hasSubscription()).count() == 2);
      assertThat(broker.groups.heartbeats.get(broker.groups.heartbeats.size() - 1).getMemberEpoch())
          .isPositive();
      assertThat(events).containsExactly("assigned [orders-0]");
    }
  }

  @Test
  void leavesWhenItIsNotPolledAndComesBackAtTheNextPoll() {
    broker.groups.onJoin = Set.of(zero);
    broker.groups.heartbeatIntervalMs = 50;
    GroupConfig impatient =
        GroupConfig.builder("readers")
            .maxPollInterval(Duration.ofMillis(300))
            .withoutAutoCommit()
            .build();
    try (Consumer consumer = subscribed(config(impatient))) {
      records(consumer);
      Awaitility.await().until(() -> broker.groups.members().isEmpty());
      assertThat(broker.groups.leaves).hasSize(1);
      assertThatThrownBy(() -> consumer.commitSync())
          .isInstanceOf(MillraceException.class)
          .hasMessageContaining("STALE_MEMBER_EPOCH");
      pollUntil(consumer, () -> events.size() == 3);
      assertThat(events)
          .containsExactly("assigned [orders-0]", "lost [orders-0]", "assigned [orders-0]");
      assertThat(broker.groups.commits).isEmpty();
    }
  }

  @Test
  void throwsWhatTheCoordinatorRefusesForGoodUntilItIsSubscribedAnew() {
    broker.groups.refusesJoin = Optional.of(ErrorCode.INVALID_REGULAR_EXPRESSION);
    try (Consumer consumer = client.consumer(config(manual()).build())) {
      consumer.subscribeMatching("or[");
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> records(consumer))
            .hasMessageContaining("INVALID_REGULAR_EXPRESSION");
      }
      broker.groups.refusesJoin = Optional.empty();
      consumer.subscribeMatching("or.*");
      assertThat(records(consumer)).isNotEmpty();
      assertThat(broker.groups.heartbeats.get(1).getSubscription().getTopicRegex())
          .isEqualTo("or.*");
    }
  }

  @Test
  void wakesUpAPollThatWaitsForTheGroup() throws InterruptedException {
    broker.groups.onJoin = Set.of();
    try (Consumer consumer = subscribed(config(manual()))) {
      Thread waker = new Thread(consumer::wakeup);
      waker.start();
      assertThat(consumer.poll(Duration.ofMinutes(1))).isEmpty();
      waker.join();
    }
  }

  @Test
  void isClosedByAnotherThreadWhileItPollsAndLeavesTheGroup() {
    broker.groups.onJoin = Set.of();
    Consumer consumer = subscribed(config(manual()));
    Awaitility.await().until(() -> broker.groups.members().size() == 1);
    CompletableFuture<List<ConsumerRecord>> poll =
        CompletableFuture.supplyAsync(() -> consumer.poll(LONG));
    consumer.close();
    assertThat(broker.groups.leaves).hasSize(1);
    assertThat(poll)
        .satisfiesAnyOf(
            p -> assertThat(p).succeedsWithin(LONG), p -> assertThat(p).failsWithin(LONG));
  }

  @Test
  void leavesWhenItUnsubscribesAndMayChooseForItselfThen() {
    try (Consumer consumer = subscribed(config(manual()))) {
      records(consumer);
      assertThatThrownBy(() -> consumer.assign(PARTITION, OffsetSpec.earliest()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("assign while subscribed");
      consumer.unsubscribe();
      assertThat(broker.groups.leaves).hasSize(1);
      assertThat(consumer.assignment()).isEmpty();
      assertThat(events).endsWith("revoked [orders-0, orders-1]");
      consumer.assign(PARTITION, OffsetSpec.offset(98));
      assertThat(records(consumer)).first().matches(r -> r.offset() == 98);
      consumer.commitSync();
      assertThat(broker.groups.commits.get(0).getMemberId()).as("as nobody's member").isEmpty();
      assertThatThrownBy(() -> consumer.subscribe(List.of(FakeBroker.TOPIC)))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void doesNotPollInAListener() {
    List<Throwable> thrown = new CopyOnWriteArrayList<>();
    try (Consumer consumer = client.consumer(config(manual()).build())) {
      consumer.subscribe(
          List.of(FakeBroker.TOPIC),
          new RebalanceListener() {
            @Override
            public void onAssigned(Set<TopicPartition> partitions) {
              try {
                consumer.poll(SHORT);
              } catch (IllegalStateException e) {
                thrown.add(e);
              }
            }
          });
      records(consumer);
      assertThat(thrown).singleElement().matches(e -> e.getMessage().contains("in a listener"));
    }
  }

  @Test
  void needsAGroupToSubscribeAndCommit() {
    try (Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      assertThatThrownBy(() -> consumer.subscribe(List.of("orders")))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the consumer has no group (ConsumerConfig.group)");
      assertThatThrownBy(consumer::commitSync).isInstanceOf(IllegalStateException.class);
    }
  }
}
