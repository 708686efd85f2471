package io.millrace.metadata.image;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.millrace.metadata.image.MetadataImage.ControllerImage;
import io.millrace.metadata.image.MetadataImage.Counters;
import io.millrace.proto.internal.v1.MetadataRecord;
import io.millrace.proto.internal.v1.SnapshotChunk;
import io.millrace.proto.internal.v1.SnapshotHeader;
import io.millrace.proto.internal.v1.SnapshotTrailer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * A snapshot of the image as bytes. Stateless.
 *
 * <pre>
 * magic    8 bytes   "MILLMETA"
 * frame    a header  (SnapshotHeader: format version, cluster, revision…)
 * frame*   chunks    (SnapshotChunk: records that rebuild the image)
 * frame    a trailer (SnapshotTrailer: how many chunks and records)
 *
 * frame:
 *   length  4 bytes  of the payload, big-endian
 *   kind    1 byte   1 header, 2 chunk, 3 trailer
 *   crc     4 bytes  CRC32C over kind and payload, big-endian
 *   payload          a protobuf message of millrace/internal/v1/metadata_record.proto
 * </pre>
 *
 * <p>Nothing follows the trailer. Both directions hold one chunk in memory beside the image.
 */
public final class SnapshotCodec {
  /** The version of the layout that is written, and the only one that is read. */
  public static final int FORMAT_VERSION = 1;

  /** A chunk is closed when its records are this large. */
  private static final int CHUNK_BYTES = 64 * 1024;

  /** More than any frame is: a larger length is damage. */
  private static final int MAX_FRAME_BYTES = 4 * 1024 * 1024;

  private static final byte[] MAGIC = "MILLMETA".getBytes(StandardCharsets.US_ASCII);
  private static final int FRAME_HEADER_BYTES = 9;
  private static final byte HEADER = 1;
  private static final byte CHUNK = 2;
  private static final byte TRAILER = 3;

  private SnapshotCodec() {}

  /** Where the bytes of a snapshot come from. */
  public interface Source {
    /** The next so many bytes; fewer only when there are no more. */
    ByteBuffer read(int bytes);
  }

  /**
   * An image and whose it is.
   *
   * @param clusterId the cluster
   * @param image the image
   */
  public record Snapshot(String clusterId, MetadataImage image) {}

  /** Writes a snapshot in pieces; each buffer is full and may be kept. */
  public static void encode(Snapshot snapshot, Consumer<ByteBuffer> sink) {
    MetadataImage image = snapshot.image();
    sink.accept(ByteBuffer.wrap(MAGIC.clone()));
    sink.accept(
        frame(
            HEADER,
            SnapshotHeader.newBuilder()
                .setFormatVersion(FORMAT_VERSION)
                .setClusterId(snapshot.clusterId())
                .setRevision(image.revision())
                .setControllerEpoch(image.controller().epoch())
                .setControllerId(image.controller().nodeId())
                .setNextProducerId(image.nextProducerId())
                .setUncleanElections(image.uncleanElections())
                .build()));
    ChunkWriter chunks = new ChunkWriter(sink);
    ImageRecords.forEach(image, chunks::add);
    sink.accept(frame(TRAILER, chunks.finish()));
  }

  /**
   * Reads a snapshot.
   *
   * @throws CorruptSnapshotException if anything of it is missing, damaged or of another layout
   */
  public static Snapshot decode(Source source) throws CorruptSnapshotException {
    FrameReader frames = new FrameReader(source);
    frames.magic();
    SnapshotHeader header = frames.next(HEADER, SnapshotHeader.parser());
    if (header.getFormatVersion() != FORMAT_VERSION) {
      throw new CorruptSnapshotException(
          "format version: " + header.getFormatVersion() + " (expected: " + FORMAT_VERSION + ")");
    }
    MetadataReplay replay = new MetadataReplay(MetadataImage.EMPTY);
    long chunkCount = 0;
    long recordCount = 0;
    while (frames.nextIs(CHUNK)) {
      SnapshotChunk chunk = frames.next(CHUNK, SnapshotChunk.parser());
      chunk.getRecordsList().forEach(replay::replay);
      chunkCount++;
      recordCount += chunk.getRecordsCount();
    }
    SnapshotTrailer trailer = frames.next(TRAILER, SnapshotTrailer.parser());
    frames.end();
    if (trailer.getChunkCount() != chunkCount || trailer.getRecordCount() != recordCount) {
      throw new CorruptSnapshotException(
          "chunks and records: "
              + chunkCount
              + " and "
              + recordCount
              + " (expected: "
              + trailer.getChunkCount()
              + " and "
              + trailer.getRecordCount()
              + ")");
    }
    replay.counters(new Counters(header.getNextProducerId(), header.getUncleanElections()));
    ControllerImage controller =
        new ControllerImage(header.getControllerId(), header.getControllerEpoch());
    return new Snapshot(header.getClusterId(), replay.finish(header.getRevision(), controller));
  }

  private static ByteBuffer frame(byte kind, MessageLite message) {
    byte[] payload = message.toByteArray();
    ByteBuffer frame = ByteBuffer.allocate(FRAME_HEADER_BYTES + payload.length);
    frame.putInt(payload.length).put(kind).putInt(crc(kind, payload)).put(payload).flip();
    return frame;
  }

  private static int crc(byte kind, byte[] payload) {
    CRC32C crc = new CRC32C();
    crc.update(kind);
    crc.update(payload);
    return (int) crc.getValue();
  }

  /** Gathers records into chunks. */
  private static final class ChunkWriter {
    private final Consumer<ByteBuffer> sink;
    private SnapshotChunk.Builder chunk = SnapshotChunk.newBuilder();
    private int bytes;
    private long chunkCount;
    private long recordCount;

    ChunkWriter(Consumer<ByteBuffer> sink) {
      this.sink = sink;
    }

    void add(MetadataRecord record) {
      chunk.addRecords(record);
      recordCount++;
      bytes += record.getSerializedSize();
      if (bytes >= CHUNK_BYTES) {
        flush();
      }
    }

    SnapshotTrailer finish() {
      if (chunk.getRecordsCount() > 0) {
        flush();
      }
      return SnapshotTrailer.newBuilder()
          .setChunkCount(chunkCount)
          .setRecordCount(recordCount)
          .build();
    }

    private void flush() {
      sink.accept(frame(CHUNK, chunk.build()));
      chunk = SnapshotChunk.newBuilder();
      bytes = 0;
      chunkCount++;
    }
  }

  /** Checks and parses frames, one ahead. */
  private static final class FrameReader {
    private final Source source;
    private long position;
    private byte kind;
    private byte[] payload = new byte[0];
    private boolean ahead;

    FrameReader(Source source) {
      this.source = source;
    }

    void magic() throws CorruptSnapshotException {
      if (!read(MAGIC.length, "magic").equals(ByteBuffer.wrap(MAGIC))) {
        throw new CorruptSnapshotException("the first 8 bytes are not those of a snapshot");
      }
    }

    boolean nextIs(byte asked) throws CorruptSnapshotException {
      if (!ahead) {
        readFrame();
        ahead = true;
      }
      return kind == asked;
    }

    <T> T next(byte expected, Parser<T> parser) throws CorruptSnapshotException {
      if (!nextIs(expected)) {
        throw new CorruptSnapshotException(
            "frame kind: " + kind + " (expected: " + expected + "), before byte " + position);
      }
      ahead = false;
      try {
        return parser.parseFrom(payload);
      } catch (InvalidProtocolBufferException e) {
        throw new CorruptSnapshotException("a frame before byte " + position + ": " + e);
      }
    }

    void end() throws CorruptSnapshotException {
      if (source.read(1).hasRemaining()) {
        throw new CorruptSnapshotException("bytes after the trailer, from byte " + position);
      }
    }

    private void readFrame() throws CorruptSnapshotException {
      long start = position;
      ByteBuffer header = read(FRAME_HEADER_BYTES, "frame header");
      int length = header.getInt();
      kind = header.get();
      int expectedCrc = header.getInt();
      if (length < 0 || length > MAX_FRAME_BYTES) {
        throw new CorruptSnapshotException("frame length: " + length + " at byte " + start);
      }
      payload = new byte[length];
      read(length, "frame").get(payload);
      if (crc(kind, payload) != expectedCrc) {
        throw new CorruptSnapshotException("the frame at byte " + start + " fails its checksum");
      }
    }

    private ByteBuffer read(int bytes, String what) throws CorruptSnapshotException {
      ByteBuffer read = source.read(bytes);
      if (read.remaining() < bytes) {
        throw new CorruptSnapshotException(
            "it ends within a " + what + ", at byte " + (position + read.remaining()));
      }
      position += bytes;
      return read;
    }
  }
}
