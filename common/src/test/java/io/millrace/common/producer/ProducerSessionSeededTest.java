package io.millrace.common.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.Acks;
import io.millrace.common.MillraceError;
import io.millrace.common.producer.BatchOutcome.Acknowledged;
import io.millrace.common.producer.BatchOutcome.Failed;
import io.millrace.common.producer.ModelPartition.Entry;
import io.millrace.common.producer.ModelPartition.Frame;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The session against a model of a partition over streams that are slow, break and leave frames
 * behind that are appended after the break; with and without a log that loses its tail.
 */
class ProducerSessionSeededTest {
  private static final int SEEDS = 500;
  private static final int BATCHES = 60;

  @ParameterizedTest
  @CsvSource({"false, false", "true, false", "false, true", "true, true"})
  void S28_everyBatchIsInTheLogAtMostOnceInOrderAndAsTheProducerWasTold(
      boolean losesTails, boolean cuts) {
    int parts = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      Run run = new Run(seed, losesTails, cuts);
      try {
        run.play();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(
            "seed " + seed + ", losesTails " + losesTails + ", cuts " + cuts, e);
      }
      parts += run.cut;
    }
    assertThat(parts > 100).as("enough batches were cut: %s", parts).isEqualTo(cuts);
  }

  private static final class Run implements ProducerEffects<Integer> {
    private final Random random;
    private final ModelPartition partition;
    private final ProducerSession<Integer> session;
    private final Map<Integer, BatchOutcome> outcomes = new HashMap<>();
    private final List<Integer> lost = new ArrayList<>();
    private final boolean losesTails;

    /**
     * What is under way to the broker: a frame, or the sequence of a resume. Per stream in order.
     */
    private final Map<Long, ArrayDeque<Object>> toBroker = new HashMap<>();

    private final ArrayDeque<Runnable> toProducer = new ArrayDeque<>();
    private long stream;
    private boolean open;
    private int epoch;
    private boolean identityAsked;
    private long nowMs;
    private long timerAtMs = Long.MAX_VALUE;
    private int offered;
    private final boolean cuts;

    /** Batches that were cut in two. */
    private int cut;

    Run(long seed, boolean losesTails, boolean cuts) {
      this.cuts = cuts;
      this.random = new Random(seed);
      this.losesTails = losesTails;
      this.partition = new ModelPartition(random, random.nextInt(20));
      var settings =
          new ProducerSettings(
              Acks.ALL, 1 + random.nextInt(ModelPartition.REMEMBERED), 400, 150, 5, 40);
      int first = random.nextInt(4) == 0 ? Integer.MAX_VALUE - random.nextInt(50) : 0;
      session =
          new ProducerSession<>(
              settings, Optional.of(new ProducerIdentity(1, 0)), first, random::nextDouble, this);
    }

    void play() {
      for (int step = 0; step < 100_000 && (offered < BATCHES || !session.isIdle()); step++) {
        step(random.nextInt(100));
        checkOrder();
      }
      assertThat(session.hasEnded() || session.isIdle()).as("everything is completed").isTrue();
      assertThat(outcomes).hasSize(offered + cut);
      while (toBroker.values().stream().anyMatch(queue -> !queue.isEmpty())) {
        deliverToBroker();
      }
      checkOrder();
      checkOutcomes();
    }

    private void step(int choice) {
      if (choice < 10 && offered < BATCHES) {
        int batch = 10 * offered++;
        session.offer(batch, recordsIn(batch), nowMs);
      } else if (choice < 50) {
        deliverToBroker();
      } else if (choice < 80 && !toProducer.isEmpty()) {
        toProducer.remove().run();
      } else if (choice < 90) {
        passTime(random.nextInt(12));
      } else if (choice < 92 && random.nextInt(3) == 0) {
        breakStream();
      } else if (choice < 96 && !open) {
        open = true;
        session.streamOpened(++stream, ModelPartition.REMEMBERED, false, nowMs);
      } else if (choice < 97 && identityAsked) {
        identityAsked = false;
        session.identityGranted(new ProducerIdentity(1, ++epoch), nowMs);
      } else if (choice == 99 && losesTails && random.nextInt(20) == 0) {
        loseTail();
      }
    }

    /** A whole batch ends in 0; what it is cut into comes after it, the first with one record. */
    private static int recordsIn(int batch) {
      int whole = 1 + batch / 10 % 3;
      int place = batch % 10;
      return place % 2 == 1 ? 1 : whole - place / 2;
    }

    @Override
    public List<BatchPart<Integer>> split(Integer batch, MillraceError error) {
      if (!cuts) {
        return List.of();
      }
      cut++;
      return List.of(
          new BatchPart<>(batch + 1, 1), new BatchPart<>(batch + 2, recordsIn(batch) - 1));
    }

    private void passTime(long ms) {
      nowMs += ms;
      if (nowMs >= timerAtMs) {
        timerAtMs = Long.MAX_VALUE;
        session.tick(nowMs);
      }
    }

    private void breakStream() {
      if (open) {
        open = false;
        toProducer.clear();
        session.streamClosed(stream, nowMs);
      }
    }

    /** A power loss: the end of the log and everything under way are gone. */
    private void loseTail() {
      toBroker.clear();
      for (int n = random.nextInt(4); n > 0 && !partition.log.isEmpty(); n--) {
        lost.add(partition.log.remove(partition.log.size() - 1).batch());
      }
      breakStream();
    }

    private void deliverToBroker() {
      List<Long> streams = toBroker.keySet().stream().sorted().toList();
      if (streams.isEmpty()) {
        return;
      }
      Long from = streams.get(random.nextInt(streams.size()));
      Object message = toBroker.get(from).poll();
      if (message instanceof Integer sequence) {
        partition.resume(from, sequence);
      } else if (message instanceof Frame frame) {
        FrameResult result = partition.produce(frame);
        if (from == stream && open && random.nextInt(200) > 0) {
          toProducer.add(() -> session.answered(from, frame.sendId(), result, nowMs));
        }
      }
    }

    private void checkOrder() {
      for (int i = 1; i < partition.log.size(); i++) {
        assertThat(partition.log.get(i).batch())
            .as("batch after %s", partition.log.get(i - 1))
            .isGreaterThan(partition.log.get(i - 1).batch());
      }
    }

    private void checkOutcomes() {
      List<Integer> appended = partition.log.stream().map(Entry::batch).toList();
      outcomes.forEach(
          (batch, outcome) -> {
            if (outcome instanceof Acknowledged acknowledged && !lost.contains(batch)) {
              assertThat(appended.get((int) acknowledged.baseOffset())).isEqualTo(batch);
            } else if (outcome instanceof Failed failed && !failed.maybeAppended()) {
              assertThat(appended).as("%s", failed).doesNotContain(batch);
            }
          });
    }

    @Override
    public void sendFrame(long streamEpoch, long sendId, Integer batch, BatchSequence sequence) {
      toBroker
          .computeIfAbsent(streamEpoch, ignored -> new ArrayDeque<>())
          .add(
              new Frame(
                  streamEpoch,
                  sendId,
                  batch,
                  sequence.producerEpoch(),
                  sequence.baseSequence(),
                  recordsIn(batch)));
    }

    @Override
    public void resume(long streamEpoch, int nextSequence) {
      toBroker.computeIfAbsent(streamEpoch, ignored -> new ArrayDeque<>()).add(nextSequence);
    }

    @Override
    public void complete(Integer batch, BatchOutcome outcome) {
      assertThat(outcomes.put(batch, outcome)).as("completed twice: %s", batch).isNull();
    }

    @Override
    public void refusedUnacknowledged(long sendId, MillraceError error) {
      throw new AssertionError("acks=all");
    }

    @Override
    public void setTimer(long atMs) {
      timerAtMs = atMs;
    }

    @Override
    public void abandonStream(long streamEpoch) {
      open = false;
      toProducer.clear();
    }

    @Override
    public void needIdentity(MillraceError reason) {
      assertThat(identityAsked).isFalse();
      identityAsked = true;
    }

    @Override
    public void ended(MillraceError error) {
      throw new AssertionError("nobody fences this producer: " + error);
    }
  }
}
