package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.KnownLength;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.proto.v1.AbortedTransaction;
import io.millrace.proto.v1.EpochEndOffset;
import io.millrace.proto.v1.Error;
import io.millrace.proto.v1.ErrorCode;
import io.millrace.proto.v1.FetchStreamResponse;
import io.millrace.proto.v1.PartitionData;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The hand parser against the generated one. */
class FetchMessageMarshallerTest {
  private static final int ROUNDS = 8_000;

  private final FetchMessageMarshaller marshaller =
      new FetchMessageMarshaller(new ArrayPool(1 << 20));

  private static final class Sized extends ByteArrayInputStream implements KnownLength {
    Sized(byte[] bytes) {
      super(bytes);
    }
  }

  @Test
  void readsWhatTheGeneratedParserReadsInAnyOrderWithUnknownFields() throws IOException {
    for (long seed = 0; seed < ROUNDS; seed++) {
      agree(shuffled(new Random(seed)), seed);
    }
  }

  /** What one parser takes the other takes, and sees the same in it. */
  @Test
  void agreesWithTheGeneratedParserOnMutatedMessages() throws IOException {
    int refused = 0;
    for (long seed = 0; seed < ROUNDS; seed++) {
      Random random = new Random(seed);
      byte[] bytes = shuffled(random);
      for (int i = random.nextInt(4); i >= 0 && bytes.length > 0; i--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      byte[] cut =
          Arrays.copyOf(
              bytes, random.nextInt(4) == 0 ? random.nextInt(bytes.length + 1) : bytes.length);
      refused += agree(cut, seed) ? 0 : 1;
    }
    assertThat(refused).isBetween(ROUNDS / 10, ROUNDS * 9 / 10);
  }

  private boolean agree(byte[] bytes, long seed) {
    Optional<FetchStreamResponse> generated = generated(bytes);
    for (InputStream stream : List.of(new Sized(bytes), new ByteArrayInputStream(bytes))) {
      if (generated.isEmpty()) {
        assertThatThrownBy(() -> marshaller.parse(stream))
            .as("seed %s", seed)
            .isInstanceOfSatisfying(
                StatusRuntimeException.class,
                e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL));
      } else {
        FetchMessage message = marshaller.parse(stream);
        same(message, generated.get(), seed);
        message.release().run();
      }
    }
    return generated.isPresent();
  }

  private static Optional<FetchStreamResponse> generated(byte[] bytes) {
    try {
      return Optional.of(FetchStreamResponse.parseFrom(bytes));
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty();
    }
  }

  private static void same(FetchMessage read, FetchStreamResponse expected, long seed) {
    PartitionData data = expected.getData();
    assertThat(read.subscriptionId()).as("seed %s", seed).isEqualTo(expected.getSubscriptionId());
    assertThat(read.standing())
        .as("seed %s", seed)
        .isEqualTo(
            new FetchMessage.Standing(
                data.getTopicId(),
                data.getPartition(),
                data.getHighWatermark(),
                data.getPreferredReadReplica(),
                data.hasDivergingEpoch() ? Optional.of(data.getDivergingEpoch()) : Optional.empty(),
                data.hasError() ? Optional.of(data.getError()) : Optional.empty()));
    assertThat(ByteString.copyFrom(read.records().duplicate()))
        .as("seed %s", seed)
        .isEqualTo(data.getRecords());
  }

  /** Each field up to twice, in any order, with unknown ones among them. */
  private static byte[] shuffled(Random random) throws IOException {
    List<byte[]> fields = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      fields.add(bytes(out -> out.writeUInt64(1, random.nextLong())));
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      byte[] data = data(random);
      fields.add(bytes(out -> out.writeByteArray(2, data)));
    }
    unknown(random, fields);
    return joined(fields, random);
  }

  private static byte[] data(Random random) throws IOException {
    List<byte[]> fields = new ArrayList<>();
    for (int i = random.nextInt(8); i > 0; i--) {
      PartitionData.Builder one = PartitionData.newBuilder();
      switch (random.nextInt(8)) {
        case 0 -> one.setTopicId(someBytes(random, 20));
        case 1 -> one.setPartition(random.nextInt());
        case 2 ->
            one.setError(
                Error.newBuilder()
                    .setCodeValue(random.nextInt(90))
                    .setMessage("m" + random.nextInt())
                    .putDetails("k" + random.nextInt(2), "v"));
        case 3 -> one.setHighWatermark(random.nextLong());
        case 4 ->
            one.setLogStartOffset(random.nextLong())
                .setLeaderEpoch(random.nextInt())
                .setPreferredReadReplica(random.nextInt());
        case 5 ->
            one.addAbortedTransactions(
                AbortedTransaction.newBuilder().setProducerId(random.nextLong()));
        case 6 -> one.setDivergingEpoch(EpochEndOffset.newBuilder().setEndOffset(7).setEpoch(2));
        default -> one.setRecords(someBytes(random, random.nextInt(8) == 0 ? 20_000 : 100));
      }
      fields.add(one.build().toByteArray());
    }
    unknown(random, fields);
    return joined(fields, random);
  }

  private static ByteString someBytes(Random random, int most) {
    byte[] bytes = new byte[random.nextInt(most)];
    random.nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  private static void unknown(Random random, List<byte[]> fields) throws IOException {
    if (random.nextBoolean()) {
      int field = 20 + random.nextInt(1_000);
      fields.add(
          switch (random.nextInt(5)) {
            case 0 -> bytes(out -> out.writeUInt64(field, random.nextLong()));
            case 1 -> bytes(out -> out.writeFixed64(field, random.nextLong()));
            case 2 -> bytes(out -> out.writeFixed32(field, random.nextInt()));
            case 3 -> bytes(out -> out.writeByteArray(field, new byte[random.nextInt(50)]));
            default -> bytes(out -> group(out, field));
          });
    }
    // A known number on another wire type.
    if (random.nextInt(4) == 0) {
      fields.add(bytes(out -> out.writeFixed32(1 + random.nextInt(11), random.nextInt())));
    }
  }

  private static void group(CodedOutputStream out, int field) throws IOException {
    out.writeTag(field, 3);
    out.writeUInt64(1, 7);
    out.writeTag(field, 4);
  }

  private interface Writing {
    void to(CodedOutputStream out) throws IOException;
  }

  private static byte[] bytes(Writing writing) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    writing.to(out);
    out.flush();
    return bytes.toByteArray();
  }

  private static byte[] joined(List<byte[]> fields, Random random) {
    Collections.shuffle(fields, random);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    fields.forEach(all::writeBytes);
    return all.toByteArray();
  }

  @Test
  void writesWhatItReads() throws IOException {
    FetchStreamResponse message =
        FetchStreamResponse.newBuilder()
            .setSubscriptionId(5)
            .setData(
                PartitionData.newBuilder()
                    .setPartition(3)
                    .setHighWatermark(9)
                    .setTopicId(ByteString.copyFromUtf8("0123456789abcdef"))
                    .setError(Error.newBuilder().setCode(ErrorCode.ERROR_CODE_NOT_LEADER))
                    .setRecords(ByteString.copyFromUtf8("records")))
            .build();
    FetchMessage read = marshaller.parse(new Sized(message.toByteArray()));
    try (InputStream stream = marshaller.stream(read)) {
      assertThat(FetchStreamResponse.parseFrom(stream)).isEqualTo(message);
    }
  }

  @Test
  void lendsNoArrayTwiceAndTakesEachBackOnce() {
    ArrayPool pool = new ArrayPool(100_000);
    ArrayPool.Lease first = pool.take(30_000);
    ArrayPool.Lease second = pool.take(30_000);
    assertThat(first.array()).isNotSameAs(second.array()).hasSizeGreaterThanOrEqualTo(30_000);
    first.release();
    first.release();
    ArrayPool.Lease third = pool.take(30_000);
    ArrayPool.Lease fourth = pool.take(30_000);
    assertThat(third.array()).isSameAs(first.array());
    assertThat(fourth.array()).isNotSameAs(first.array());
    assertThat(pool.take(10_000_000).array()).hasSize(10_000_000);
    assertThat(pool.take(100).array()).hasSize(100);
  }
}
