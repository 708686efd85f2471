package io.millrace.broker.rpc.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.KnownLength;
import io.grpc.StatusRuntimeException;
import io.millrace.proto.v1.PartitionBatch;
import io.millrace.proto.v1.ProduceFrame;
import io.millrace.proto.v1.ProduceStreamRequest;
import io.millrace.proto.v1.ResumePartition;
import java.io.ByteArrayInputStream;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class InboundProduceMarshallerTest {
  private final InboundProduceMarshaller marshaller = new InboundProduceMarshaller();

  /** A message as the transport gives it. */
  private static final class Inbound extends ByteArrayInputStream implements KnownLength {
    Inbound(byte[] bytes) {
      super(bytes);
    }
  }

  @Test
  void readsWhatTheGeneratedParserReads() {
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      ProduceStreamRequest message = message(random, random.nextInt(200_000));
      InboundProduce inbound = marshaller.parse(new Inbound(message.toByteArray()));
      assertThat(inbound.message()).as("seed %d", seed).isEqualTo(message);
      inbound.release().run();
    }
  }

  @Test
  void judgesDamagedMessagesAsTheGeneratedParserDoes() {
    for (long seed = 0; seed < 3_000; seed++) {
      Random random = new Random(seed);
      byte[] bytes = message(random, random.nextInt(400)).toByteArray();
      for (int flips = 1 + random.nextInt(3); flips > 0 && bytes.length > 0; flips--) {
        bytes[random.nextInt(Math.min(bytes.length, 60))] ^= (byte) (1 << random.nextInt(8));
      }
      assertThat(parsed(bytes)).as("seed %d", seed).isEqualTo(generated(bytes));
    }
  }

  @Test
  void aMessagesBytesStayItsOwnUntilItIsReleased() {
    ProduceStreamRequest first = message(new Random(1), 100_000);
    ProduceStreamRequest second = message(new Random(2), 100_000);
    InboundProduce held = marshaller.parse(new Inbound(first.toByteArray()));
    InboundProduce other = marshaller.parse(new Inbound(second.toByteArray()));
    assertThat(held.message()).isEqualTo(first);
    other.release().run();
    marshaller.parse(new Inbound(second.toByteArray()));
    assertThat(held.message()).isEqualTo(first);
  }

  @Test
  void memoryIsUsedAgainAfterTheRelease() {
    ProduceStreamRequest first = message(new Random(1), 100_000);
    ProduceStreamRequest second = message(new Random(2), 100_000);
    InboundProduce held = marshaller.parse(new Inbound(first.toByteArray()));
    ByteString records = held.message().getFrame().getBatch().getRecords();
    held.release().run();
    marshaller.parse(new Inbound(second.toByteArray()));
    assertThat(records).isNotEqualTo(first.getFrame().getBatch().getRecords());
  }

  @Test
  void readsStreamsThatDoNotTellTheirLength() {
    ProduceStreamRequest message = message(new Random(3), 50_000);
    assertThat(marshaller.parse(new ByteArrayInputStream(message.toByteArray())).message())
        .isEqualTo(message);
    assertThat(
            marshaller.parse(marshaller.stream(new InboundProduce(message, 0, () -> {}))).message())
        .isEqualTo(message);
  }

  @Test
  void tellsWhatAMessageHoldsAlsoOfFieldsThatNobodyKnows() {
    UnknownFieldSet.Field unknown =
        UnknownFieldSet.Field.newBuilder().addLengthDelimited(bytes(300_000)).build();
    ProduceStreamRequest message =
        message(new Random(5), 10).toBuilder()
            .setUnknownFields(UnknownFieldSet.newBuilder().addField(5_000, unknown).build())
            .build();
    byte[] encoded = message.toByteArray();
    InboundProduce pooled = marshaller.parse(new Inbound(encoded));
    assertThat(pooled.heldBytes()).isGreaterThan(512 << 10);
    assertThat(marshaller.parse(new ByteArrayInputStream(encoded)).heldBytes())
        .isEqualTo(encoded.length);
    ProduceStreamRequest small = message(new Random(6), 5_000);
    assertThat(marshaller.parse(new Inbound(small.toByteArray())).heldBytes())
        .isEqualTo(small.getSerializedSize());
  }

  private static ByteString bytes(int count) {
    return ByteString.copyFrom(new byte[count]);
  }

  @Test
  void aMessageLargerThanAnyPooledArrayIsReadToo() {
    ProduceStreamRequest message = message(new Random(4), 3 << 20);
    assertThat(marshaller.parse(new Inbound(message.toByteArray())).message()).isEqualTo(message);
  }

  @Test
  void garbageIsAnErrorOfTheCall() {
    assertThatThrownBy(() -> marshaller.parse(new Inbound(new byte[] {-1, -1, -1})))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("not a ProduceStreamRequest");
  }

  private Optional<ProduceStreamRequest> parsed(byte[] bytes) {
    try {
      return Optional.of(marshaller.parse(new Inbound(bytes)).message());
    } catch (StatusRuntimeException e) {
      return Optional.empty();
    }
  }

  private static Optional<ProduceStreamRequest> generated(byte[] bytes) {
    try {
      return Optional.of(ProduceStreamRequest.parseFrom(bytes));
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty();
    }
  }

  private static ProduceStreamRequest message(Random random, int recordBytes) {
    if (random.nextInt(20) == 0) {
      return ProduceStreamRequest.newBuilder()
          .setResume(ResumePartition.newBuilder().setNextSequence(random.nextInt()))
          .build();
    }
    byte[] records = new byte[recordBytes];
    random.nextBytes(records);
    byte[] topic = new byte[16];
    random.nextBytes(topic);
    PartitionBatch batch =
        PartitionBatch.newBuilder()
            .setTopicId(ByteString.copyFrom(topic))
            .setPartition(random.nextInt())
            .setRecords(ByteString.copyFrom(records))
            .build();
    return ProduceStreamRequest.newBuilder()
        .setFrame(ProduceFrame.newBuilder().setFrameId(random.nextLong()).setBatch(batch))
        .build();
  }
}
