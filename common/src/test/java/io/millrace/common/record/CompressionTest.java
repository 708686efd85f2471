package io.millrace.common.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import com.sun.management.ThreadMXBean;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import net.jpountz.lz4.LZ4FrameOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xerial.snappy.Snappy;

class CompressionTest {
  private static final int MAX_BYTES = 1 << 20;

  @ParameterizedTest
  @EnumSource
  void returnsWhatWentInAtEverySize(Compression compression) {
    Random random = new Random(5);
    for (int size : new int[] {0, 1, 100, 32_768, 65_536, 65_537, 131_073, 400_000}) {
      for (byte[] bytes : List.of(new byte[size], noise(random, size), text(random, size))) {
        ByteBuffer compressed = compression.compress(ByteBuffer.wrap(bytes));
        assertThat(compression.decompress(compressed, MAX_BYTES)).isEqualTo(ByteBuffer.wrap(bytes));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void S23_stopsAtTheFirstByteOverTheBound(Compression compression) {
    byte[] bytes = text(new Random(6), 200_000);
    ByteBuffer compressed = compression.compress(ByteBuffer.wrap(bytes));

    assertThat(compression.decompress(compressed, 200_000).remaining()).isEqualTo(200_000);
    assertRefused(compression, compressed, 199_999, ErrorCode.DECOMPRESSED_TOO_LARGE);
    assertRefused(compression, compressed, 0, ErrorCode.DECOMPRESSED_TOO_LARGE);
  }

  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void S23_aBombIsRefusedWithinBoundedMemory(Compression compression) throws IOException {
    ByteBuffer bomb = bomb(compression);
    assertRefused(compression, bomb, MAX_BYTES, ErrorCode.DECOMPRESSED_TOO_LARGE);

    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    assertRefused(compression, bomb, MAX_BYTES, ErrorCode.DECOMPRESSED_TOO_LARGE);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;

    assertThat(allocated).isLessThan(6L * MAX_BYTES);
  }

  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void S23_aBombInABatchIsRefused(Compression compression) throws IOException {
    ByteBuffer bomb = bomb(compression);
    ByteBuffer batch = ByteBuffer.allocate(RecordBatch.HEADER_BYTES + bomb.remaining());
    batch.put(
        new RecordBatchBuilder(compression).append(1, null, null, List.of()).build().limit(61));
    batch.put(bomb.duplicate()).flip();
    batch.putInt(RecordBatch.LENGTH_AT, batch.limit() - RecordBatch.LENGTH_OVERHEAD_BYTES);
    RecordBatch.stampCrc(batch, 0);

    BatchValidation verdict =
        BatchValidator.validate(batch, new BatchLimits(1 << 23, MAX_BYTES, false));

    assertThat(((BatchValidation.Invalid) verdict).error().toString())
        .isEqualTo(
            "DECOMPRESSED_TOO_LARGE: decompressed bytes: more than 1048576"
                + " (expected: at most 1048576)");
  }

  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void refusesCutAndMutatedBytesWithoutThrowingAnythingElse(Compression compression) {
    ByteBuffer compressed = compression.compress(ByteBuffer.wrap(text(new Random(7), 3_000)));
    for (int length = 0; length < compressed.remaining(); length++) {
      assertDecompressesOrRefuses(compression, compressed.slice(0, length), length);
    }
    for (long seed = 0; seed < 5_000; seed++) {
      Random random = new Random(seed);
      ByteBuffer mutated = ByteBuffer.allocate(compressed.remaining());
      mutated.put(compressed.duplicate()).flip();
      for (int i = random.nextInt(3); i >= 0; i--) {
        mutated.put(random.nextInt(mutated.limit()), (byte) random.nextInt());
      }
      assertDecompressesOrRefuses(compression, mutated, seed);
    }
  }

  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void refusesGarbage(Compression compression) {
    for (long seed = 0; seed < 5_000; seed++) {
      Random random = new Random(seed);
      assertDecompressesOrRefuses(
          compression, ByteBuffer.wrap(noise(random, random.nextInt(200))), seed);
    }
  }

  @Test
  void readsASnappyBlockWithoutFraming() throws IOException {
    byte[] bytes = text(new Random(8), 5_000);

    assertThat(Compression.SNAPPY.decompress(ByteBuffer.wrap(Snappy.compress(bytes)), MAX_BYTES))
        .isEqualTo(ByteBuffer.wrap(bytes));
  }

  @Test
  void refusesASnappyBlockThatLiesAboutItsLengthBeforeAllocating() {
    byte[] lie = {(byte) 0x80, (byte) 0x80, 0x40, 0, 'x'};

    assertRefused(
        Compression.SNAPPY, ByteBuffer.wrap(lie), Integer.MAX_VALUE, ErrorCode.CORRUPT_BATCH);
  }

  @Test
  void readsSeveralGzipMembersAndOptionalHeaderFields() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(
        new byte[] {0x1f, (byte) 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 0, 3, 0, 'e', 'x', 't'}, 0, 10);
    out.write(new byte[] {2, 0, 7, 7});
    out.write("name\0comment\0".getBytes());
    out.write(new byte[] {1, 2});
    byte[] first = gzip("first ".getBytes());
    out.write(first, 10, first.length - 10);
    out.write(gzip("second".getBytes()));

    assertThat(Compression.GZIP.decompress(ByteBuffer.wrap(out.toByteArray()), MAX_BYTES))
        .isEqualTo(ByteBuffer.wrap("first second".getBytes()));
  }

  @Test
  void refusesAGzipTrailerThatDoesNotMatch() throws IOException {
    byte[] bytes = gzip("some text".getBytes());
    for (int i = 1; i <= 8; i++) {
      byte[] wrong = bytes.clone();
      wrong[bytes.length - i] ^= 1;
      assertRefused(Compression.GZIP, ByteBuffer.wrap(wrong), 100, ErrorCode.CORRUPT_BATCH);
    }
  }

  @Test
  void readsLz4FramesWithChecksumsSizeAndLargeBlocks() throws IOException {
    byte[] bytes = text(new Random(9), 700_000);
    for (LZ4FrameOutputStream.BLOCKSIZE size : LZ4FrameOutputStream.BLOCKSIZE.values()) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      try (OutputStream frame =
          new LZ4FrameOutputStream(
              out,
              size,
              bytes.length,
              LZ4FrameOutputStream.FLG.Bits.BLOCK_CHECKSUM,
              LZ4FrameOutputStream.FLG.Bits.CONTENT_CHECKSUM,
              LZ4FrameOutputStream.FLG.Bits.CONTENT_SIZE,
              LZ4FrameOutputStream.FLG.Bits.BLOCK_INDEPENDENCE)) {
        frame.write(bytes);
      }
      byte[] frame = out.toByteArray();
      assertThat(Compression.LZ4.decompress(ByteBuffer.wrap(frame), MAX_BYTES))
          .isEqualTo(ByteBuffer.wrap(bytes));
      assertRefused(
          Compression.LZ4, ByteBuffer.wrap(frame), 699_999, ErrorCode.DECOMPRESSED_TOO_LARGE);
      for (int at : new int[] {4, 5, 10, 14, 30, frame.length - 1}) {
        byte[] wrong = frame.clone();
        wrong[at] ^= 1;
        assertRefused(Compression.LZ4, ByteBuffer.wrap(wrong), MAX_BYTES, ErrorCode.CORRUPT_BATCH);
      }
    }
  }

  /** 27 is the window of level 22: 128 MB, which a stream decoder would allocate. */
  @ParameterizedTest
  @ValueSource(ints = {10, 20, 27})
  void readsZstdStreamsOfUnknownSizeAndAnyWindow(int windowLog) throws IOException {
    byte[] bytes = text(new Random(10), 300_000);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < 2; i++) {
      try (ZstdOutputStream frame = new ZstdOutputStream(out, 1).setChecksum(i == 0)) {
        frame.setWindowLog(windowLog);
        frame.write(bytes, i * 150_000, 150_000);
      }
      out.write(new byte[] {0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'});
    }
    ByteBuffer frames = ByteBuffer.wrap(out.toByteArray());

    assertThat(Compression.ZSTD.decompress(frames, 300_000)).isEqualTo(ByteBuffer.wrap(bytes));
    assertRefused(Compression.ZSTD, frames, 299_999, ErrorCode.DECOMPRESSED_TOO_LARGE);
  }

  /** At least 12 MB of zeros, most of them far more, in about a megabyte or less. */
  private static ByteBuffer bomb(Compression compression) throws IOException {
    byte[] zeros = new byte[65_536];
    ByteBuffer one = compression.compress(ByteBuffer.wrap(zeros));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    switch (compression) {
      case NONE -> throw new IllegalArgumentException("nothing to inflate");
      case GZIP -> {
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
          for (int i = 0; i < 1_000; i++) {
            gzip.write(zeros);
          }
        }
      }
      case SNAPPY -> repeat(out, one, 16, 0, 400);
      case LZ4 -> repeat(out, one, 7, 4, 4_000);
      case ZSTD -> {
        out.write(new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, 0x58});
        for (int i = 0; i < 10_000; i++) {
          int last = i == 9_999 ? 1 : 0;
          int header = 128 * 1024 << 3 | 1 << 1 | last;
          out.write(new byte[] {(byte) header, (byte) (header >> 8), (byte) (header >> 16), 0});
        }
      }
    }
    return ByteBuffer.wrap(out.toByteArray());
  }

  /** The header once, the blocks many times, the trailer once. */
  private static void repeat(
      ByteArrayOutputStream out, ByteBuffer one, int header, int trailer, int times) {
    out.write(one.array(), 0, header);
    for (int i = 0; i < times; i++) {
      out.write(one.array(), header, one.limit() - header - trailer);
    }
    out.write(one.array(), one.limit() - trailer, trailer);
  }

  private static void assertRefused(
      Compression compression, ByteBuffer bytes, int maxBytes, ErrorCode code) {
    assertThatThrownBy(() -> compression.decompress(bytes, maxBytes))
        .isInstanceOfSatisfying(MillraceException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  private static void assertDecompressesOrRefuses(
      Compression compression, ByteBuffer bytes, long seed) {
    try {
      assertThat(compression.decompress(bytes, MAX_BYTES).remaining())
          .isLessThanOrEqualTo(MAX_BYTES);
    } catch (MillraceException e) {
      assertThat(e.code()).isIn(ErrorCode.CORRUPT_BATCH, ErrorCode.DECOMPRESSED_TOO_LARGE);
    } catch (RuntimeException | Error e) {
      throw new AssertionError("seed or length " + seed, e);
    }
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  private static byte[] noise(Random random, int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] text(Random random, int size) {
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) ('a' + Math.min(random.nextInt(26), random.nextInt(26)));
    }
    return bytes;
  }
}
