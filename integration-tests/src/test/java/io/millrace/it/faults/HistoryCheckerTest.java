package io.millrace.it.faults;

import static io.millrace.it.faults.HistoryChecker.Kind.ABOVE_HIGH_WATERMARK;
import static io.millrace.it.faults.HistoryChecker.Kind.DUPLICATE;
import static io.millrace.it.faults.HistoryChecker.Kind.LOGS_DIFFER;
import static io.millrace.it.faults.HistoryChecker.Kind.LOST;
import static io.millrace.it.faults.HistoryChecker.Kind.NEVER_SENT;
import static io.millrace.it.faults.HistoryChecker.Kind.REORDERED;
import static io.millrace.it.faults.HistoryChecker.Kind.TWO_CONTENTS;
import static io.millrace.it.faults.HistoryChecker.Kind.UNSEEN;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.TopicPartition;
import io.millrace.it.faults.ClientHistory.Contents;
import io.millrace.it.faults.HistoryChecker.Kind;
import io.millrace.it.faults.HistoryChecker.Violation;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A check that can't fail is worse than none: each kind of wrong is shown to it. */
class HistoryCheckerTest {
  private static final TopicPartition P = new TopicPartition("t", 0);
  private static final TopicPartition OTHER = new TopicPartition("t", 1);
  private static final int RECORDS = 6;

  private final ClientHistory history = new ClientHistory();
  private final Map<TopicPartition, Contents> logs = new HashMap<>();
  private final Map<TopicPartition, List<ReplicaLog>> replicas = new HashMap<>();

  /** Sent and acknowledged in order by producer 1. */
  private void send(int records) {
    for (int i = 0; i < records; i++) {
      long number = history.sending(1, P);
      history.acknowledged(1, number, P, number);
    }
  }

  private void found(long... numbers) {
    Contents log = new Contents();
    for (int i = 0; i < numbers.length; i++) {
      log.add(i, RecordContent.of(1, numbers[i]));
    }
    logs.put(P, log);
  }

  private void read(long offset, long number) {
    if (history.consumers().isEmpty()) {
      history.assigned("tail", P);
    }
    history.read("tail", P, offset, RecordContent.of(1, number));
  }

  private void readAll(int records) {
    for (int i = 0; i < records; i++) {
      read(i, i);
    }
  }

  private Set<Kind> kinds() {
    return HistoryChecker.violations(history, logs, replicas).stream()
        .map(Violation::kind)
        .collect(Collectors.toSet());
  }

  @Test
  void findsNothingWhereNothingIsWrong() {
    send(RECORDS);
    history.failed(1, history.sending(1, P), true);
    history.failed(1, history.sending(1, P), false);
    history.sending(1, P);
    found(0, 1, 2, 3, 4, 5, 6);
    readAll(RECORDS + 1);
    history.sampled(P, history.knownEnd(P), RECORDS + 1);
    replicas.put(P, List.of(replica(1, 7), replica(2, 7), replica(3, 7)));

    assertThat(HistoryChecker.violations(history, logs, replicas)).isEmpty();
  }

  @Test
  void findsAnAcknowledgedRecordThatIsLostFromTheEnd() {
    send(RECORDS);
    found(0, 1, 2, 3, 4);
    readAll(5);

    assertThat(kinds()).containsExactly(LOST);
  }

  @Test
  void findsAnAcknowledgedRecordThatIsLostFromTheMiddle() {
    send(RECORDS);
    found(0, 1, 3, 4, 5);

    assertThat(kinds()).contains(LOST, TWO_CONTENTS);
  }

  @Test
  void findsAHoleInTheLog() {
    send(2);
    Contents log = new Contents();
    log.add(0, RecordContent.of(1, 0));
    log.add(2, RecordContent.of(1, 1));
    logs.put(P, log);

    assertThat(kinds()).contains(LOST);
  }

  @Test
  void findsARecordThatAConsumerPassedOver() {
    send(RECORDS);
    found(0, 1, 2, 3, 4, 5);
    read(0, 0);
    read(2, 2);
    read(3, 3);
    read(4, 4);
    read(5, 5);

    assertThat(kinds()).containsExactly(UNSEEN);
  }

  @Test
  void findsAConsumerThatNeverCameToTheEndOrHadNothing() {
    send(2);
    found(0, 1);
    history.assigned("tail", P);
    assertThat(kinds()).containsExactly(UNSEEN);

    read(0, 0);
    assertThat(kinds()).containsExactly(UNSEEN);

    read(1, 1);
    assertThat(kinds()).isEmpty();
  }

  @Test
  void findsARecordThatIsInTheLogTwice() {
    send(3);
    found(0, 1, 1, 2);

    assertThat(kinds()).contains(DUPLICATE);
  }

  @Test
  void findsARecordThatAConsumerWasGivenTwice() {
    send(3);
    found(0, 1, 2);
    read(0, 0);
    read(1, 1);
    read(1, 1);
    read(2, 2);

    assertThat(kinds()).containsExactly(DUPLICATE);
  }

  @Test
  void findsRecordsOfAProducerThatChangedPlaces() {
    for (int i = 0; i < 3; i++) {
      history.sending(1, P);
    }
    found(0, 2, 1);

    assertThat(kinds()).containsExactly(REORDERED);
  }

  @Test
  void findsAConsumerThatWasSentBack() {
    send(3);
    found(0, 1, 2);
    read(0, 0);
    read(1, 1);
    read(0, 0);
    read(2, 2);

    assertThat(kinds()).containsExactly(REORDERED);
  }

  @Test
  void findsAnOffsetThatHadAnotherContentBefore() {
    send(3);
    history.sending(1, P);
    found(0, 1, 2);
    read(0, 0);
    read(1, 3);
    read(2, 2);

    assertThat(kinds()).containsExactly(TWO_CONTENTS);
  }

  @Test
  void findsAnAcknowledgementOfAnotherPlace() {
    history.acknowledged(1, history.sending(1, P), P, 1);
    history.acknowledged(1, history.sending(1, P), P, 0);
    found(0, 1);

    assertThat(kinds()).containsExactly(TWO_CONTENTS);
  }

  @Test
  void findsARecordThatWasReadAndTakenBack() {
    send(2);
    history.sending(1, P);
    found(0, 1);
    readAll(3);

    assertThat(kinds()).containsExactly(ABOVE_HIGH_WATERMARK);
  }

  @Test
  void findsAHighWatermarkBelowWhatClientsKnewBefore() {
    send(3);
    found(0, 1, 2);
    history.sampled(P, history.knownEnd(P), 2);

    assertThat(kinds()).containsExactly(ABOVE_HIGH_WATERMARK);
  }

  @Test
  void findsRecordsThatNobodySentOrThatWereRefusedOrSentElsewhere() {
    found(0);
    assertThat(kinds()).containsExactly(NEVER_SENT);

    history.failed(1, history.sending(1, P), false);
    assertThat(kinds()).containsExactly(NEVER_SENT);

    history.sending(1, OTHER);
    found(1);
    assertThat(kinds()).containsExactly(NEVER_SENT);
  }

  @Test
  void findsAChangedByteOfARecord() {
    long content = RecordContent.of(1, 0);
    byte[] bytes = RecordContent.bytes(content, 100);
    assertThat(RecordContent.read(bytes)).isEqualTo(content);
    bytes[57] ^= 1;
    history.sending(1, P);
    Contents log = new Contents();
    log.add(0, RecordContent.read(bytes));
    logs.put(P, log);

    assertThat(kinds()).containsExactly(NEVER_SENT);
  }

  @Test
  void findsLogsThatDifferInABatchOrInTheirEnds() {
    ReplicaLog one = replica(1, 7);
    TreeMap<Long, ReplicaLog.Batch> changed = new TreeMap<>(one.batches());
    changed.put(3L, new ReplicaLog.Batch(4, 99));
    replicas.put(P, List.of(one, new ReplicaLog(2, changed)));
    assertThat(kinds()).containsExactly(LOGS_DIFFER);

    replicas.put(P, List.of(one, replica(2, 6)));
    assertThat(kinds()).containsExactly(LOGS_DIFFER);

    TreeMap<Long, ReplicaLog.Batch> begunLater = new TreeMap<>(one.batches().tailMap(3L));
    replicas.put(P, List.of(one, new ReplicaLog(2, begunLater)));
    assertThat(kinds()).isEmpty();

    begunLater.remove(4L);
    assertThat(kinds()).containsExactly(LOGS_DIFFER);
  }

  /** Batches of one record each. */
  private static ReplicaLog replica(int node, int records) {
    TreeMap<Long, ReplicaLog.Batch> batches = new TreeMap<>();
    for (long i = 0; i < records; i++) {
      batches.put(i, new ReplicaLog.Batch(i + 1, i * 31));
    }
    return new ReplicaLog(node, batches);
  }

  @Test
  void readsBatchesFromDiskWithEveryByteOfThem(@TempDir Path directory) throws Exception {
    byte[] segment = new byte[61 + 70];
    ByteBuffer.wrap(segment).putLong(0, 5).putInt(8, 61 - 12).putInt(23, 2);
    ByteBuffer.wrap(segment).putLong(61, 8).putInt(61 + 8, 70 - 12).putInt(61 + 23, 0);
    Path file = directory.resolve("00000000000000000005.log");
    Files.write(file, segment);
    ReplicaLog one = ReplicaLog.read(1, directory);
    assertThat(one.batches().keySet()).containsExactly(5L, 8L);
    assertThat(one.start()).isEqualTo(5);
    assertThat(one.end()).isEqualTo(9);

    segment[61 + 69] ^= 1;
    Files.write(file, segment);
    ReplicaLog other = ReplicaLog.read(2, directory);
    assertThat(other.batches().get(5L)).isEqualTo(one.batches().get(5L));
    assertThat(other.batches().get(8L)).isNotEqualTo(one.batches().get(8L));
  }
}
