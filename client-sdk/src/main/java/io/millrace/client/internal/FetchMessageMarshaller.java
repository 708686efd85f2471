package io.millrace.client.internal;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.millrace.proto.v1.AbortedTransaction;
import io.millrace.proto.v1.EpochEndOffset;
import io.millrace.proto.v1.Error;
import io.millrace.proto.v1.FetchStreamResponse;
import io.millrace.proto.v1.PartitionData;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Reads messages of fetch streams into lent arrays and leaves their records where they are: the
 * generated parser would copy them twice. Fields may come in any order, and unknown ones are
 * stepped over, as the generated parser does. Thread-safe.
 */
final class FetchMessageMarshaller implements MethodDescriptor.Marshaller<FetchMessage> {
  private static final int SUBSCRIPTION_ID =
      tag(FetchStreamResponse.SUBSCRIPTION_ID_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);
  private static final int DATA =
      tag(FetchStreamResponse.DATA_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
  private static final int TOPIC_ID =
      tag(PartitionData.TOPIC_ID_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
  private static final int PARTITION =
      tag(PartitionData.PARTITION_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);
  private static final int ERROR =
      tag(PartitionData.ERROR_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
  private static final int HIGH_WATERMARK =
      tag(PartitionData.HIGH_WATERMARK_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);
  private static final int ABORTED_TRANSACTIONS =
      tag(PartitionData.ABORTED_TRANSACTIONS_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
  private static final int PREFERRED_READ_REPLICA =
      tag(PartitionData.PREFERRED_READ_REPLICA_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);
  private static final int LEADER_EPOCH =
      tag(PartitionData.LEADER_EPOCH_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);
  private static final int DIVERGING_EPOCH =
      tag(PartitionData.DIVERGING_EPOCH_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
  private static final int RECORDS =
      tag(PartitionData.RECORDS_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);

  private final ArrayPool pool;

  FetchMessageMarshaller(ArrayPool pool) {
    this.pool = pool;
  }

  private static int tag(int field, int wireType) {
    return field << 3 | wireType;
  }

  @Override
  public InputStream stream(FetchMessage message) {
    FetchMessage.Standing standing = message.standing();
    PartitionData.Builder data =
        PartitionData.newBuilder()
            .setTopicId(standing.topicId())
            .setPartition(standing.partition())
            .setHighWatermark(standing.highWatermark())
            .setPreferredReadReplica(standing.preferredReadReplica())
            .setRecords(ByteString.copyFrom(message.records().duplicate()));
    standing.divergingEpoch().ifPresent(data::setDivergingEpoch);
    standing.error().ifPresent(data::setError);
    return new ByteArrayInputStream(
        FetchStreamResponse.newBuilder()
            .setSubscriptionId(message.subscriptionId())
            .setData(data)
            .build()
            .toByteArray());
  }

  @Override
  public FetchMessage parse(InputStream stream) {
    try {
      if (stream instanceof KnownLength) {
        int size = stream.available();
        return parse(stream, pool.take(size), size);
      }
      byte[] bytes = stream.readAllBytes();
      return new Parse(bytes, bytes.length).message(() -> {});
    } catch (InvalidProtocolBufferException e) {
      throw Status.INTERNAL
          .withDescription("not a FetchStreamResponse: " + e.getMessage())
          .withCause(e)
          .asRuntimeException();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static FetchMessage parse(InputStream stream, ArrayPool.Lease lease, int size)
      throws IOException {
    try {
      if (stream.readNBytes(lease.array(), 0, size) < size) {
        throw new EOFException("the message ends before its " + size + " bytes");
      }
      return new Parse(lease.array(), size).message(lease::release);
    } catch (IOException | RuntimeException e) {
      lease.release();
      throw e;
    }
  }

  /** One message; a field that comes again replaces or joins what came before, by its kind. */
  private static final class Parse {
    private final byte[] bytes;
    private final CodedInputStream in;
    private long subscriptionId;
    private ByteString topicId = ByteString.EMPTY;
    private int partition;
    private long highWatermark;
    private int preferredReadReplica;
    private Optional<EpochEndOffset.Builder> divergingEpoch = Optional.empty();
    private Optional<Error.Builder> error = Optional.empty();
    private int recordsAt;
    private int recordBytes;

    Parse(byte[] bytes, int size) {
      this.bytes = bytes;
      this.in = CodedInputStream.newInstance(bytes, 0, size);
    }

    FetchMessage message(Runnable release) throws IOException {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (tag == SUBSCRIPTION_ID) {
          subscriptionId = in.readUInt64();
        } else if (tag == DATA) {
          int outer = in.pushLimit(in.readRawVarint32());
          data();
          in.popLimit(outer);
        } else if (!unknown(tag)) {
          break;
        }
      }
      in.checkLastTagWas(0);
      return new FetchMessage(
          subscriptionId,
          new FetchMessage.Standing(
              topicId,
              partition,
              highWatermark,
              preferredReadReplica,
              divergingEpoch.map(EpochEndOffset.Builder::build),
              error.map(Error.Builder::build)),
          ByteBuffer.wrap(bytes, recordsAt, recordBytes).slice(),
          release);
    }

    private void data() throws IOException {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (!field(tag)) {
          break;
        }
      }
      in.checkLastTagWas(0);
    }

    /** Reads one field of the data; false at the end of a group that never began. */
    private boolean field(int tag) throws IOException {
      if (tag == RECORDS) {
        recordBytes = in.readRawVarint32();
        recordsAt = in.getTotalBytesRead();
        in.skipRawBytes(recordBytes);
      } else if (tag == TOPIC_ID) {
        topicId = in.readBytes();
      } else if (tag == PARTITION) {
        partition = in.readInt32();
      } else if (tag == HIGH_WATERMARK) {
        highWatermark = in.readInt64();
      } else if (tag == ERROR) {
        Error.Builder builder = error.orElseGet(Error::newBuilder);
        in.readMessage(builder, ExtensionRegistryLite.getEmptyRegistry());
        error = Optional.of(builder);
      } else if (tag == PREFERRED_READ_REPLICA) {
        preferredReadReplica = in.readInt32();
      } else if (tag == LEADER_EPOCH) {
        in.readInt32();
      } else if (tag == ABORTED_TRANSACTIONS) {
        in.readMessage(AbortedTransaction.parser(), ExtensionRegistryLite.getEmptyRegistry());
      } else if (tag == DIVERGING_EPOCH) {
        EpochEndOffset.Builder builder = divergingEpoch.orElseGet(EpochEndOffset::newBuilder);
        in.readMessage(builder, ExtensionRegistryLite.getEmptyRegistry());
        divergingEpoch = Optional.of(builder);
      } else {
        return unknown(tag);
      }
      return true;
    }

    /** Steps over a field; a number is read, as skipping refuses some that the reader takes. */
    private boolean unknown(int tag) throws IOException {
      if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_VARINT) {
        in.readInt64();
        return true;
      }
      return in.skipField(tag);
    }
  }
}
