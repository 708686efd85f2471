package io.millrace.broker.log;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.zip.CRC32C;

/**
 * The producers' state in a file named by the offset up to which it is complete ({@code
 * %020d.snapshot}). Big-endian:
 *
 * <pre>
 * offset size
 *      0    4  magic 0x4D525053 ("MRPS")
 *      4    4  version, 1
 *      8    8  log offset: all batches below it are in the state
 *     16    4  number of producers
 *     20       per producer, by ascending id:
 *               0   8  producer id
 *               8   2  epoch
 *              10   8  when it last appended, ms since 1970 UTC
 *              18   4  number of batches
 *              22      per batch, oldest first:
 *                       0  4  base sequence
 *                       4  4  last offset delta
 *                       8  8  first offset
 *                      16  8  log append time, ms since 1970 UTC, or -1
 *    end    4  CRC32C of everything before
 * </pre>
 *
 * @param offset all batches below it are in the state
 * @param table the state
 */
public record ProducerSnapshot(long offset, ProducerStateTable table) {
  static final int MAGIC = 0x4D525053;
  static final int VERSION = 1;

  private static final int HEADER_BYTES = 20;
  private static final int PRODUCER_BYTES = 22;
  private static final int BATCH_BYTES = 24;
  private static final int CRC_BYTES = 4;

  ByteBuffer encode() {
    SortedMap<Long, ProducerEntry> entries = table.sorted();
    int batches = entries.values().stream().mapToInt(ProducerEntry::size).sum();
    ByteBuffer out =
        ByteBuffer.allocate(
            HEADER_BYTES + entries.size() * PRODUCER_BYTES + batches * BATCH_BYTES + CRC_BYTES);
    out.putInt(MAGIC).putInt(VERSION).putLong(offset).putInt(entries.size());
    for (Map.Entry<Long, ProducerEntry> entry : entries.entrySet()) {
      encode(entry.getKey(), entry.getValue(), out);
    }
    out.putInt(crc(out.array(), out.position()));
    return out.flip();
  }

  private static void encode(long producerId, ProducerEntry entry, ByteBuffer out) {
    out.putLong(producerId)
        .putShort(entry.epoch())
        .putLong(entry.lastUsedMs())
        .putInt(entry.size());
    for (int i = 0; i < entry.size(); i++) {
      out.putInt(entry.baseSequence(i))
          .putInt(entry.lastOffsetDelta(i))
          .putLong(entry.firstOffset(i))
          .putLong(entry.logAppendTimeMs(i));
    }
  }

  /**
   * Reads a snapshot.
   *
   * @return empty if the bytes are not a whole snapshot of a known version
   */
  public static Optional<ProducerSnapshot> decode(byte[] bytes, int batchesPerProducer) {
    if (bytes.length < HEADER_BYTES + CRC_BYTES) {
      return Optional.empty();
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    int end = bytes.length - CRC_BYTES;
    if (in.getInt() != MAGIC || in.getInt() != VERSION || in.getInt(end) != crc(bytes, end)) {
      return Optional.empty();
    }
    try {
      long offset = in.getLong();
      int count = in.getInt();
      ProducerStateTable table = new ProducerStateTable(batchesPerProducer);
      for (int i = 0; i < count; i++) {
        decodeProducer(in, table);
      }
      return in.position() == end
          ? Optional.of(new ProducerSnapshot(offset, table))
          : Optional.empty();
    } catch (BufferUnderflowException e) {
      return Optional.empty();
    }
  }

  private static void decodeProducer(ByteBuffer in, ProducerStateTable table) {
    long producerId = in.getLong();
    ProducerEntry entry = new ProducerEntry(table.batchesPerProducer(), in.getShort());
    entry.touch(in.getLong());
    int batches = in.getInt();
    for (int i = 0; i < batches; i++) {
      entry.add(in.getInt(), in.getInt(), in.getLong(), in.getLong());
    }
    table.put(producerId, entry);
  }

  private static int crc(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }
}
