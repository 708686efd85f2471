package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.StatusRuntimeException;
import io.millrace.broker.replica.ReceivedRecords;
import io.millrace.broker.replica.core.LeadingEvent;
import io.millrace.broker.replica.link.FollowerFrame;
import io.millrace.broker.replica.link.LeaderFrame;
import io.millrace.broker.rpc.wire.OutgoingBatches;
import io.millrace.broker.rpc.wire.ReplicateFrameMarshaller;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.proto.internal.v1.ReplicaData;
import io.millrace.proto.internal.v1.ReplicaDataPart;
import io.millrace.proto.internal.v1.ReplicateResponse;
import io.millrace.proto.internal.v1.RequestContext;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ReplicateFramesTest {
  private final ReplicateFrameMarshaller marshaller = ReplicationEndpoint.frames();

  /** As a transport hands a message over. */
  private static final class Message extends ByteArrayInputStream implements KnownLength {
    Message(byte[] bytes) {
      super(bytes);
    }
  }

  @Test
  void theGeneratedParserReadsWhatTheLeaderWrites() throws IOException {
    for (long seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      ReplicateResponse message = data(random);
      InputStream stream = marshaller.stream(outgoing(message, random));
      assertThat(stream.available()).isEqualTo(message.getSerializedSize());
      byte[] bytes = seed % 2 == 0 ? drained(stream) : stream.readAllBytes();
      assertThat(ReplicateResponse.parseFrom(bytes)).as("seed %d", seed).isEqualTo(message);
    }
  }

  @Test
  void theFollowerReadsWhatTheGeneratedCodeWrites() {
    for (long seed = 0; seed < 300; seed++) {
      ReplicateResponse message = data(new Random(seed));
      boolean byHand = seed % 2 == 0;
      InputStream stream =
          byHand ? new Message(message.toByteArray()) : message.toByteString().newInput();
      LeaderFrame frame = marshaller.parse(stream);
      assertThat(asMessage((LeaderFrame.Data) frame)).as("seed %d", seed).isEqualTo(message);
    }
  }

  @Test
  void fieldsOfALaterVersionAndInAnyOrderArePassedOver() {
    ReplicateResponse message = data(new Random(3));
    byte[] unknown = {(byte) 0xf8, 0x7f, 5};
    byte[] atTheEnd =
        ByteString.copyFrom(message.toByteArray()).concat(bytes(unknown)).toByteArray();
    byte[] before = bytes(unknown).concat(message.toByteString()).toByteArray();

    for (byte[] bytes : List.of(atTheEnd, before)) {
      LeaderFrame frame = marshaller.parse(new Message(bytes));
      assertThat(asMessage((LeaderFrame.Data) frame)).isEqualTo(message);
    }
  }

  private static ByteString bytes(byte[] bytes) {
    return ByteString.copyFrom(bytes);
  }

  @Test
  void memoryOfAMessageIsLentAgainOnlyWhenEveryPartIsReleased() {
    ReplicateResponse message = twoLargeParts((byte) 1);
    LeaderFrame.Data first =
        (LeaderFrame.Data) marshaller.parse(new Message(message.toByteArray()));
    ReceivedRecords one = (ReceivedRecords) first.parts().get(0).records();
    ReceivedRecords other = (ReceivedRecords) first.parts().get(1).records();
    one.release().run();
    one.release().run();

    marshaller.parse(new Message(twoLargeParts((byte) 2).toByteArray()));
    assertThat(other.batches().get(0)).isEqualTo((byte) 1);

    other.release().run();
    marshaller.parse(new Message(twoLargeParts((byte) 3).toByteArray()));
    assertThat(other.batches().get(0)).isEqualTo((byte) 3);
  }

  private static ReplicateResponse twoLargeParts(byte filling) {
    byte[] records = new byte[40_000];
    java.util.Arrays.fill(records, filling);
    ReplicaDataPart part =
        ReplicaDataPart.newBuilder().setRecords(ByteString.copyFrom(records)).build();
    return ReplicateResponse.newBuilder()
        .setData(ReplicaData.newBuilder().addParts(part).addParts(part))
        .build();
  }

  @Test
  void whatIsNoMessageFailsTheStreamAndNothingElse() {
    byte[] message = data(new Random(1)).toByteArray();
    for (long seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      byte[] broken = message.clone();
      for (int i = 0; i < 3; i++) {
        broken[random.nextInt(Math.min(40, broken.length))] = (byte) random.nextInt();
      }
      try {
        marshaller.parse(new Message(broken));
      } catch (StatusRuntimeException expected) {
        assertThat(expected).hasMessageContaining("not a ReplicateResponse");
      }
    }
    ReplicateResponse empty =
        ReplicateResponse.newBuilder()
            .setData(ReplicaData.newBuilder().addParts(ReplicaDataPart.getDefaultInstance()))
            .build();
    assertThatThrownBy(() -> marshaller.parse(new Message(empty.toByteArray())))
        .hasMessageContaining("a part without records");
  }

  @Test
  void everyOtherFrameOfTheLeaderComesAsItWent() throws IOException {
    MillraceError error =
        new MillraceError(ErrorCode.FENCED_LEADER_EPOCH, "older", Map.of("leader_epoch", "5"));
    List<LeaderFrame> frames =
        List.of(
            new LeaderFrame.Subscribed(1, 2, 3, 4),
            new LeaderFrame.Diverged(1, 2, 3),
            new LeaderFrame.StartAt(1, 2),
            new LeaderFrame.Refused(1, error),
            new LeaderFrame.Watermarks(
                List.of(new LeaderFrame.Watermark(1, 2, 3), new LeaderFrame.Watermark(4, 5, 6))),
            new LeaderFrame.Ended(1, error),
            new LeaderFrame.MovesOver(7),
            new LeaderFrame.Heartbeat());
    for (LeaderFrame frame : frames) {
      assertThat(marshaller.parse(new Message(marshaller.stream(frame).readAllBytes())))
          .isEqualTo(frame);
    }
  }

  @Test
  void everyFrameOfTheFollowerComesAsItWent() {
    List<FollowerFrame> frames =
        List.of(
            new FollowerFrame.Open(1, 2, 3, 4, 5, true),
            new FollowerFrame.Subscribe(1, new TopicIdPartition(new UUID(3, 4), 5), 6, 7, -1),
            new FollowerFrame.Unsubscribe(1),
            new FollowerFrame.Positions(
                List.of(
                    new FollowerFrame.Position(1, 2, 3, 1),
                    new FollowerFrame.Position(4, 5, 6, LeadingEvent.LOG_START_UNTOLD))),
            new FollowerFrame.Credits(1),
            new FollowerFrame.Heartbeat());
    for (FollowerFrame frame : frames) {
      assertThat(
              ReplicateCodec.read(ReplicateCodec.write(frame, RequestContext.getDefaultInstance())))
          .isEqualTo(frame);
    }
  }

  private static byte[] drained(InputStream stream) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(((Drainable) stream).drainTo(out)).isEqualTo(out.size());
    return out.toByteArray();
  }

  private static ReplicateResponse data(Random random) {
    ReplicaData.Builder data = ReplicaData.newBuilder();
    for (int i = random.nextInt(4); i >= 0; i--) {
      byte[] records = new byte[1 + random.nextInt(random.nextBoolean() ? 50 : 30_000)];
      random.nextBytes(records);
      data.addParts(
          ReplicaDataPart.newBuilder()
              .setSubscription(random.nextInt(1_000))
              .setPrevEndOffset(random.nextLong() >>> random.nextInt(64))
              .setHighWatermark(random.nextInt(3) == 0 ? 0 : random.nextLong())
              .setLogStart(random.nextInt(100))
              .setRecords(ByteString.copyFrom(records)));
    }
    return ReplicateResponse.newBuilder().setData(data).build();
  }

  /** The message as a frame, with its records in buffers of several kinds. */
  private static LeaderFrame outgoing(ReplicateResponse message, Random random) {
    List<LeaderFrame.DataPart> parts = new ArrayList<>();
    for (ReplicaDataPart part : message.getData().getPartsList()) {
      int bytes = part.getRecords().size();
      ByteBuffer buffer =
          random.nextBoolean()
              ? ByteBuffer.allocateDirect(bytes + 3).position(3)
              : ByteBuffer.allocate(bytes + 5).position(5).slice();
      buffer.put(buffer.position(), part.getRecords().toByteArray());
      buffer.limit(buffer.position() + bytes);
      parts.add(
          new LeaderFrame.DataPart(
              part.getSubscription(),
              part.getPrevEndOffset(),
              part.getHighWatermark(),
              part.getLogStart(),
              new OutgoingBatches(buffer, Optional.empty())));
    }
    return new LeaderFrame.Data(parts);
  }

  private static ReplicateResponse asMessage(LeaderFrame.Data data) {
    ReplicaData.Builder message = ReplicaData.newBuilder();
    for (LeaderFrame.DataPart part : data.parts()) {
      message.addParts(
          ReplicaDataPart.newBuilder()
              .setSubscription(part.subscription())
              .setPrevEndOffset(part.prevEndOffset())
              .setHighWatermark(part.highWatermark())
              .setLogStart(part.logStart())
              .setRecords(
                  ByteString.copyFrom(((ReceivedRecords) part.records()).batches().duplicate())));
    }
    return ReplicateResponse.newBuilder().setData(message).build();
  }
}
