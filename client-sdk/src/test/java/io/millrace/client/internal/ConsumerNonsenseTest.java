package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.OffsetReset;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.record.RecordBatch;
import io.millrace.proto.v1.FetchStreamResponse;
import io.millrace.proto.v1.PartitionData;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Brokers that answer nonsense: nothing wrong is returned, and the consumer can be used on. */
class ConsumerNonsenseTest extends ReadingTest {
  private final ConsumerConfig defaults = ConsumerConfig.defaults();

  @Test
  void dropsMessagesOfNumbersThatItDoesNotKnowAndGivesTheirCreditsBack() {
    ConsumerConfig config = ConsumerConfig.builder().creditBytes(1_000).build();
    broker.onSend = message -> List.of(message.toBuilder().setSubscriptionId(77).build(), message);
    try (Consumer consumer = ofOne(config)) {
      assertThat(of(PARTITION, readUntil(consumer, PARTITION, 100))).isEqualTo(values(0, 0));
      consumer.poll(SHORT);
      assertThat(consumer.metrics().bufferedBytes()).isZero();
    }
  }

  @Test
  void refusesDataOfAnotherPartitionOrTopicUnderItsNumber() {
    UUID topic = UUID.randomUUID();
    refusesData(data -> data.setPartition(1));
    refusesData(data -> data.setTopicId(Uuids.toBytes(topic)));
    refusesData(PartitionData.Builder::clearTopicId);
  }

  private void refusesData(UnaryOperator<PartitionData.Builder> change) {
    broker.onSend = message -> List.of(withData(message, change));
    try (Consumer consumer = ofOne(defaults)) {
      assertThatThrownBy(() -> consumer.poll(LONG))
          .isInstanceOfSatisfying(
              MillraceException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL))
          .hasMessageContaining("(expected: orders-0)");
      assertThat(consumer.position(PARTITION)).isZero();
      broker.onSend = List::of;
      consumer.seek(PARTITION, 0);
      assertThat(of(PARTITION, readUntil(consumer, PARTITION, 100))).isEqualTo(values(0, 0));
    }
  }

  private static FetchStreamResponse withData(
      FetchStreamResponse message, UnaryOperator<PartitionData.Builder> change) {
    return message.toBuilder().setData(change.apply(message.getData().toBuilder())).build();
  }

  @Test
  void outlivesEveryStatusThatAStreamCanEndWith() {
    try (Consumer consumer = ofOne(defaults)) {
      readUntil(consumer, PARTITION, 100);
      for (Status.Code code : Status.Code.values()) {
        broker.cutStatus = code == Status.Code.OK ? Status.UNKNOWN : Status.fromCode(code);
        broker.cutFetches();
        broker.appendFirstAgain(0);
        assertThat(consumer.poll(LONG)).as("after %s", code).isNotEmpty();
      }
    }
  }

  @Test
  void returnsNoRecordTwiceWhenOffsetsGoBack() {
    FetchStreamResponse[] last = new FetchStreamResponse[1];
    broker.onSend =
        message -> {
          FetchStreamResponse before = last[0] == null ? message : last[0];
          last[0] = message;
          return List.of(message, before, message);
        };
    try (Consumer consumer = ofOne(defaults)) {
      assertThat(of(PARTITION, readUntil(consumer, PARTITION, 100))).isEqualTo(values(0, 0));
      assertThat(consumer.poll(SHORT)).isEmpty();
    }
  }

  @Test
  void refusesABatchThatIsCutOffAndNeverStepsOverIt() {
    refuses(bytes -> Arrays.copyOf(bytes, bytes.length - 1), "(expected: ");
    refuses(bytes -> Arrays.copyOf(bytes, 30), "bytes: 30 (expected: at least 61)");
  }

  @Test
  void refusesABatchOfAnotherFormat() {
    refuses(bytes -> with(bytes, 16, (byte) 1), "magic: 1 (expected: 2)");
  }

  @Test
  void refusesABatchWhoseLastOffsetIsBelowItsFirst() {
    refuses(
        bytes -> withNewCrc(ByteBuffer.wrap(bytes).putInt(23, -5)),
        "(expected: from 0, ascending)");
  }

  @Test
  void refusesRecordsWhoseOffsetsAreNotThoseOfTheirBatch() {
    refuses(
        bytes -> withNewCrc(ByteBuffer.wrap(bytes).putInt(23, 0)), "offset delta: 1 (expected: ");
  }

  @Test
  void refusesABatchWithMoreRecordsThanItSays() {
    refuses(
        bytes -> withNewCrc(ByteBuffer.wrap(bytes).putInt(57, 1)),
        "records: more than 1 (expected: 1)");
  }

  private void refuses(UnaryOperator<byte[]> change, String why) {
    broker.onFetch = change::apply;
    try (Consumer consumer = ofOne(defaults)) {
      // The second time too: no other record may follow the one that is missing.
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> pollAll(consumer))
            .hasMessageStartingWith("CORRUPT_BATCH: orders-0: the batch at offset 0 is corrupt: ")
            .hasMessageContaining(why);
      }
      assertThat(consumer.metrics().corruptBatches()).isEqualTo(1);
      broker.onFetch = bytes -> bytes;
      consumer.seek(PARTITION, 0);
      assertThat(of(PARTITION, readUntil(consumer, PARTITION, 100))).isEqualTo(values(0, 0));
    }
  }

  private static void pollAll(Consumer consumer) {
    while (!consumer.poll(LONG).isEmpty()) {
      assertThat(consumer.position(PARTITION)).isLessThan(100);
    }
  }

  private static byte[] with(byte[] bytes, int at, byte value) {
    bytes[at] = value;
    return bytes;
  }

  private static byte[] withNewCrc(ByteBuffer batch) {
    RecordBatch old = RecordBatch.at(batch, 0);
    RecordBatch.stampProducer(batch, 0, old.producerId(), old.producerEpoch(), old.baseSequence());
    return batch.array();
  }

  /** S23: a bomb is refused, not inflated. */
  @Test
  void S23_refusesABatchThatUnpacksToMoreThanItTakes() {
    ConsumerConfig config = ConsumerConfig.builder().maxDecompressedBytes(100).build();
    try (Consumer consumer = ofOne(config)) {
      assertThatThrownBy(() -> consumer.poll(LONG))
          .isInstanceOfSatisfying(
              MillraceException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.DECOMPRESSED_TOO_LARGE);
                assertThat(e.error().details())
                    .containsEntry("topic", "orders")
                    .containsEntry("offset", "0");
              })
          .hasMessageContaining("raise maxDecompressedBytes");
    }
  }

  /** S25: unless told not to, the client checks the CRC of every batch, and counts. */
  @Test
  void S25_checksTheCrcUnlessToldNotTo() {
    broker.onFetch = bytes -> with(bytes, 17, (byte) ~bytes[17]);
    try (Consumer consumer = ofOne(defaults)) {
      assertThatThrownBy(() -> consumer.poll(LONG)).hasMessageContaining("crc: 0x");
      assertThat(consumer.metrics().crcFailures()).isEqualTo(1);
    }
    try (Consumer consumer = ofOne(ConsumerConfig.builder().checkCrcs(false).build())) {
      assertThat(of(PARTITION, readUntil(consumer, PARTITION, 100))).isEqualTo(values(0, 0));
      assertThat(consumer.metrics().crcFailures()).isZero();
    }
  }

  @Test
  void returnsWhatCameBeforeACorruptBatchAndOtherPartitionsNotAfterIt() {
    broker.onSend =
        message ->
            List.of(
                withData(
                    message,
                    data -> {
                      byte[] bytes = data.getRecords().toByteArray();
                      boolean hit =
                          data.getPartition() == 0
                              && bytes.length > 0
                              && ByteBuffer.wrap(bytes).getLong() >= 50;
                      return hit
                          ? data.setRecords(ByteString.copyFrom(with(bytes, 17, (byte) ~bytes[17])))
                          : data;
                    }));
    try (Consumer consumer = ofBoth(ConsumerConfig.builder().maxPollRecords(3).build())) {
      List<ConsumerRecord> records = new ArrayList<>();
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 200; i++) {
                  records.addAll(consumer.poll(SHORT));
                }
              })
          .hasMessageContaining("crc: 0x");
      List<String> read = of(PARTITION, records);
      assertThat(read).isEqualTo(values(0, 0).subList(0, read.size())).hasSizeGreaterThan(40);
      assertThatThrownBy(() -> consumer.poll(LONG)).hasMessageContaining("crc: 0x");

      // Given up, the other partition goes on with nothing lost.
      consumer.unassign(PARTITION);
      records.addAll(readUntil(consumer, OTHER, 100 - of(OTHER, records).size()));
      assertThat(of(OTHER, records)).isEqualTo(values(1, 0));
    }
  }

  @Test
  void readsNoOffsetOfADeletedTopicFromTheOneThatIsCreatedInItsPlace() {
    try (Consumer consumer = ofOne(ConsumerConfig.builder().maxPollRecords(4).build())) {
      consumer.poll(LONG);
      broker.renameTopicId();
      broker.cutFetches();

      assertThatThrownBy(() -> pollUntilTrouble(consumer))
          .isInstanceOfSatisfying(
              MillraceException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC_ID))
          .hasMessageContaining("deleted and created again; offset ");
      consumer.seekToBeginning(PARTITION);
      assertThat(of(PARTITION, readUntil(consumer, PARTITION, 100))).isEqualTo(values(0, 0));
    }
  }

  private static void pollUntilTrouble(Consumer consumer) {
    Awaitility.await()
        .until(
            () -> {
              consumer.poll(SHORT);
              return false;
            });
  }

  @Test
  void goesOnInTheTopicThatIsCreatedInThePlaceOfADeletedOneByThePolicy() {
    ConsumerConfig config =
        ConsumerConfig.builder().maxPollRecords(4).offsetReset(OffsetReset.EARLIEST).build();
    try (Consumer consumer = ofOne(config)) {
      consumer.poll(LONG);
      broker.renameTopicId();
      broker.cutFetches();
      List<String> read = new ArrayList<>();
      Awaitility.await()
          .until(
              () -> {
                read.addAll(of(PARTITION, consumer.poll(SHORT)));
                return read.size() >= 100 && consumer.metrics().reconnects() == 1;
              });
      // Whatever was read of the old topic, the new one is read from its beginning, once.
      Awaitility.await()
          .until(
              () -> {
                read.addAll(of(PARTITION, consumer.poll(SHORT)));
                return read.lastIndexOf(values(0, 0).get(0)) <= read.size() - 100;
              });
      assertThat(read.subList(read.size() - 100, read.size())).isEqualTo(values(0, 0));
    }
  }
}
