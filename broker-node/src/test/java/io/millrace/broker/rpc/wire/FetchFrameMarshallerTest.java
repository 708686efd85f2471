package io.millrace.broker.rpc.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Drainable;
import io.millrace.proto.v1.Error;
import io.millrace.proto.v1.FetchStreamResponse;
import io.millrace.proto.v1.PartitionData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FetchFrameMarshallerTest {
  private final FetchFrameMarshaller marshaller = new FetchFrameMarshaller();

  @Test
  void theGeneratedParserReadsWhatItWrites() throws IOException {
    for (long seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      FetchStreamResponse message = message(random);
      FetchFrame frame = frame(message, random);
      InputStream stream = marshaller.stream(frame);
      byte[] bytes = seed % 2 == 0 ? drained(stream) : stream.readAllBytes();
      assertThat(FetchStreamResponse.parseFrom(bytes)).as("seed %d", seed).isEqualTo(message);
    }
  }

  @Test
  void readsWhatTheGeneratedCodeWrites() {
    for (long seed = 0; seed < 100; seed++) {
      FetchStreamResponse message = message(new Random(seed));
      FetchFrame frame = marshaller.parse(message.toByteString().newInput());
      assertThat(frame.subscriptionId()).isEqualTo(message.getSubscriptionId());
      assertThat(frame.recordBytes()).isEqualTo(message.getData().getRecords().size());
      assertThat(frame.head().getHighWatermark()).isEqualTo(message.getData().getHighWatermark());
    }
  }

  @Test
  void tellsItsLengthBeforeAndWhileItIsRead() throws IOException {
    FetchStreamResponse message = message(new Random(5));
    InputStream stream = marshaller.stream(frame(message, new Random(5)));
    int length = message.getSerializedSize();
    assertThat(stream.available()).isEqualTo(length);
    assertThat(stream.read()).isNotNegative();
    assertThat(stream.available()).isEqualTo(length - 1);
    assertThat(stream.read(new byte[0])).isZero();
    stream.readAllBytes();
    assertThat(stream.available()).isZero();
    assertThat(stream.read()).isEqualTo(-1);
    assertThat(stream.read(new byte[1])).isEqualTo(-1);
  }

  private static byte[] drained(InputStream stream) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int bytes = ((Drainable) stream).drainTo(out);
    assertThat(bytes).isEqualTo(out.size());
    return out.toByteArray();
  }

  private static FetchStreamResponse message(Random random) {
    byte[] records = new byte[random.nextInt(4) == 0 ? 0 : random.nextInt(70_000)];
    random.nextBytes(records);
    PartitionData.Builder data =
        PartitionData.newBuilder()
            .setTopicId(ByteString.copyFrom(new byte[16]))
            .setPartition(random.nextInt(10))
            .setHighWatermark(random.nextLong() >> random.nextInt(64))
            .setLeaderEpoch(random.nextInt(3) - 1)
            .setRecords(ByteString.copyFrom(records));
    if (random.nextInt(5) == 0) {
      data.setError(Error.newBuilder().setMessage("x".repeat(random.nextInt(300))));
    }
    return FetchStreamResponse.newBuilder()
        .setSubscriptionId(random.nextInt(3) == 0 ? 0 : random.nextLong())
        .setData(data)
        .build();
  }

  /** The message as a frame, with its records in buffers of several kinds and sizes. */
  private static FetchFrame frame(FetchStreamResponse message, Random random) {
    byte[] records = message.getData().getRecords().toByteArray();
    List<ByteBuffer> parts = new ArrayList<>();
    for (int at = 0; at < records.length; ) {
      int bytes = Math.min(records.length - at, random.nextInt(40_000));
      ByteBuffer part =
          random.nextBoolean()
              ? ByteBuffer.allocateDirect(bytes + 3).position(3)
              : ByteBuffer.allocate(bytes + 5).position(5).slice();
      parts.add(part.put(part.position(), records, at, bytes).limit(part.position() + bytes));
      at += bytes;
    }
    PartitionData head = message.getData().toBuilder().clearRecords().build();
    return new FetchFrame(message.getSubscriptionId(), head, parts, Optional.empty());
  }
}
