package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.millrace.proto.v1.PartitionBatch;
import io.millrace.proto.v1.ProduceFrame;
import io.millrace.proto.v1.ProduceStreamOpen;
import io.millrace.proto.v1.ProduceStreamRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class OutboundMessageTest {
  private static final long SEED = 20261121;

  @Test
  void randomFramesAreWhatTheGeneratedCodeMakes() throws IOException {
    Random random = new Random(SEED);
    for (int i = 0; i < 3_000; i++) {
      byte[] records = new byte[random.nextInt(10) == 0 ? random.nextInt(70_000) : i % 300];
      random.nextBytes(records);
      long frameId = random.nextLong() >>> random.nextInt(64);
      PartitionBatch.Builder batch =
          PartitionBatch.newBuilder()
              .setPartition(random.nextInt() >>> random.nextInt(32))
              .setLeaderEpoch(random.nextInt(3) - 1);
      if (random.nextBoolean()) {
        byte[] id = new byte[16];
        random.nextBytes(id);
        batch.setTopicId(ByteString.copyFrom(id));
      }
      OutboundMessage message =
          OutboundMessage.frame(frameId, batch.build(), within(records, random), () -> {});

      ProduceStreamRequest expected =
          ProduceStreamRequest.newBuilder()
              .setFrame(
                  ProduceFrame.newBuilder()
                      .setFrameId(frameId)
                      .setBatch(batch.setRecords(ByteString.copyFrom(records))))
              .build();
      assertThat(ProduceStreamRequest.parseFrom(bytes(message.stream(), random.nextBoolean())))
          .as("seed %d, frame %d", SEED, i)
          .isEqualTo(expected);
    }
  }

  @Test
  void otherMessagesGoAsTheyAre() throws IOException {
    ProduceStreamRequest open =
        ProduceStreamRequest.newBuilder()
            .setOpen(ProduceStreamOpen.newBuilder().setTimeoutMs(7))
            .build();

    assertThat(bytes(OutboundMessage.of(open).stream(), true)).isEqualTo(open.toByteArray());
    assertThat(bytes(OutboundMessage.of(open).stream(), false)).isEqualTo(open.toByteArray());
  }

  @Test
  void theRecordsAreReleasedOnceWhenTheTransportClosesTheMessage() throws IOException {
    AtomicInteger released = new AtomicInteger();
    OutboundMessage message = message(released);

    InputStream stream = message.stream();
    bytes(stream, true);
    assertThat(released).as("drained, not closed").hasValue(0);
    stream.close();
    stream.close();
    message.drop();
    assertThat(released).hasValue(1);
  }

  @Test
  void aMessageThatIsKeptFromTheTransportReleasesItsRecordsToo() {
    AtomicInteger released = new AtomicInteger();

    message(released).drop();

    assertThat(released).hasValue(1);
  }

  @Test
  void aMessageIsNotStreamedTwice() {
    OutboundMessage message = message(new AtomicInteger());
    message.stream();

    assertThatThrownBy(message::stream).isInstanceOf(IllegalStateException.class);
  }

  private static OutboundMessage message(AtomicInteger released) {
    return OutboundMessage.frame(
        1,
        PartitionBatch.getDefaultInstance(),
        ByteBuffer.wrap(new byte[] {1, 2, 3}),
        released::incrementAndGet);
  }

  /** The bytes somewhere in a larger array. */
  private static ByteBuffer within(byte[] bytes, Random random) {
    int offset = random.nextInt(5);
    byte[] larger = new byte[offset + bytes.length + random.nextInt(5)];
    System.arraycopy(bytes, 0, larger, offset, bytes.length);
    return ByteBuffer.wrap(larger, offset, bytes.length).slice();
  }

  private static byte[] bytes(InputStream stream, boolean drained) throws IOException {
    assertThat(stream).isInstanceOf(KnownLength.class);
    int known = stream.available();
    byte[] bytes;
    if (drained) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      assertThat(((Drainable) stream).drainTo(out)).isEqualTo(known);
      bytes = out.toByteArray();
    } else {
      bytes = stream.readAllBytes();
    }
    assertThat(bytes).hasSize(known);
    assertThat(stream.available()).isZero();
    return bytes;
  }
}
