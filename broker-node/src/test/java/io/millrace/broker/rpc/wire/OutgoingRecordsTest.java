package io.millrace.broker.rpc.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Drainable;
import io.grpc.netty.shaded.io.netty.buffer.ByteBuf;
import io.millrace.proto.v1.FetchStreamResponse;
import io.millrace.proto.v1.PartitionData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What becomes of a message's memory, whatever the transport does with the message. */
class OutgoingRecordsTest {
  private static final int FRAME_HEADER_BYTES = 5;
  private static final int BYTES = 100_000;

  private final TransportAllocator allocator = new TransportAllocator(1, 1, 8_192, 11);
  private final FetchFrameMarshaller marshaller = new FetchFrameMarshaller();
  private final OutgoingRecords memory = new OutgoingRecords(allocator, BYTES + 10);
  private final ByteBuf lent = memory.buffer();
  private final byte[] records = new byte[BYTES];

  @Test
  void theTransportGetsTheMemoryItselfAndTheWholeMessageIsInIt() throws IOException {
    try (InputStream message = marshaller.stream(frame(1_234))) {
      ByteBuf taken = frameMemory(message);
      assertThat(taken).isSameAs(lent);
      assertThat(sentTo(taken, message)).isEqualTo(expected(1_234));
      assertThat(message.read()).isEqualTo(-1);
    }
    memory.release();
    assertThat(lent.refCnt()).as("the transport's until it has written it").isEqualTo(1);
    lent.release();
  }

  @Test
  void theMemoryGoesToNobodyElse() throws IOException {
    try (InputStream message = marshaller.stream(frame(1))) {
      for (int size : new int[] {FRAME_HEADER_BYTES, BYTES, message.available()}) {
        ByteBuf other = allocator.buffer(size, size);
        assertThat(other).isNotSameAs(lent);
        other.release();
      }
      int bytes = FRAME_HEADER_BYTES + message.available();
      ByteBuf elsewhere =
          CompletableFuture.supplyAsync(() -> allocator.buffer(bytes, bytes)).join();
      assertThat(elsewhere).isNotSameAs(lent);
      elsewhere.release();
      frameMemory(message);
      ByteBuf again = frameMemory(message);
      assertThat(again).isNotSameAs(lent);
      again.release();
    }
    lent.release();
  }

  @Test
  void aTransportThatAsksForOtherMemoryGetsACopy() throws IOException {
    InputStream message = marshaller.stream(frame(7));
    ByteBuf other = allocator.buffer(1 << 20, 1 << 20);
    assertThat(sentTo(other, message)).isEqualTo(expected(7));
    other.release();
    assertThat(lent.refCnt()).isEqualTo(1);
    message.close();
    assertThat(lent.refCnt()).isZero();
    memory.release();
  }

  @Test
  void aMessageThatIsDroppedGivesItsMemoryBackAndIsOfferedNoLonger() throws IOException {
    InputStream message = marshaller.stream(frame(7));
    int bytes = FRAME_HEADER_BYTES + message.available();
    message.close();
    assertThat(lent.refCnt()).isZero();
    ByteBuf other = allocator.buffer(bytes, bytes);
    assertThat(other.refCnt()).isEqualTo(1);
    assertThat(memory.isTaken()).isFalse();
    other.release();
  }

  @Test
  void aFrameThatNeverBecomesAMessageGivesItsMemoryBackOnce() {
    FetchFrame frame = frame(7);
    frame.release();
    frame.release();
    assertThat(lent.refCnt()).isZero();
  }

  @Test
  void recordsElsewhereAreCopied() throws IOException {
    ByteBuffer heap = ByteBuffer.wrap(records);
    assertCopied(List.of(heap));
    assertCopied(List.of(filled().slice(0, 50_000), heap));
    assertCopied(List.of());
    memory.release();
  }

  @Test
  void aSmallMessageIsCopied() throws IOException {
    assertCopied(List.of(memory.room().position(0).limit(1_000)));
    memory.release();
  }

  @Test
  void aMessageThatLeavesMostOfItsMemoryUnusedIsCopied() throws IOException {
    int capacity = memory.room().capacity();
    assertCopied(List.of(memory.room().position(0).limit(capacity / 2 - 1)));
    memory.release();
  }

  @Test
  void aTransportThatWritesOtherThanTheMessageIsFoundOut() throws IOException {
    try (InputStream message = marshaller.stream(frame(7))) {
      ByteBuf taken = frameMemory(message);
      taken.writeBytes(new byte[FRAME_HEADER_BYTES + 1]);
      assertThatThrownBy(() -> ((Drainable) message).drainTo(into(taken)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("expected: TAKEN, 128");
    }
    lent.release();
  }

  private void assertCopied(List<ByteBuffer> parts) throws IOException {
    FetchFrame frame =
        new FetchFrame(1, PartitionData.getDefaultInstance(), parts, Optional.of(memory));
    InputStream message = marshaller.stream(frame);
    ByteBuf other = frameMemory(message);
    assertThat(other).isNotSameAs(lent);
    assertThat(sentTo(other, message).getData().getRecords().size()).isEqualTo(frame.recordBytes());
    other.release();
  }

  private ByteBuffer filled() {
    new Random(1).nextBytes(records);
    return memory.room().put(0, records).position(0).limit(BYTES);
  }

  private FetchFrame frame(long subscriptionId) {
    PartitionData head = PartitionData.newBuilder().setHighWatermark(99).build();
    return new FetchFrame(subscriptionId, head, List.of(filled()), Optional.of(memory));
  }

  private FetchStreamResponse expected(long subscriptionId) {
    return FetchStreamResponse.newBuilder()
        .setSubscriptionId(subscriptionId)
        .setData(
            PartitionData.newBuilder()
                .setHighWatermark(99)
                .setRecords(ByteString.copyFrom(records)))
        .build();
  }

  /** Asks for memory as the transport does. */
  private ByteBuf frameMemory(InputStream message) throws IOException {
    int bytes = FRAME_HEADER_BYTES + message.available();
    return allocator.buffer(bytes, bytes);
  }

  /** Writes the frame as the transport does, and reads it. */
  private static FetchStreamResponse sentTo(ByteBuf frame, InputStream message) throws IOException {
    frame.writeByte(0).writeInt(message.available());
    ((Drainable) message).drainTo(into(frame));
    frame.skipBytes(1);
    byte[] bytes = new byte[frame.readInt()];
    assertThat(frame.readableBytes()).isEqualTo(bytes.length);
    frame.readBytes(bytes);
    return FetchStreamResponse.parseFrom(bytes);
  }

  private static OutputStream into(ByteBuf frame) {
    return new ByteArrayOutputStream() {
      @Override
      public void write(byte[] from, int at, int bytes) {
        frame.writeBytes(from, at, bytes);
      }
    };
  }
}
