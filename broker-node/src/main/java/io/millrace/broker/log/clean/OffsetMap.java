package io.millrace.broker.log.clean;

import io.millrace.common.record.RecordWalk;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The newest offset of each key, in a bounded table: open addressing with linear probing. A key is
 * known by the first 16 bytes of its SHA-256: two keys of one hash, of which the older would be
 * lost, are not to be found, not even on purpose. Confined to one thread; no garbage.
 *
 * <pre>
 * entry, 24 bytes: hash (2 x int64), offset + 1 (int64; 0 for a free entry)
 * </pre>
 */
public final class OffsetMap {
  /** The memory that an entry takes. */
  public static final int ENTRY_BYTES = 24;

  /** The most memory that a map takes: as much as one array holds. */
  public static final long BYTES_MAX = (long) (Integer.MAX_VALUE - 8) / 3 * ENTRY_BYTES;

  private static final int LONGS = 3;
  private static final int DIGEST_BYTES = 32;

  private final MessageDigest digest = sha256();
  private final byte[] hash = new byte[DIGEST_BYTES];
  private final long[] table;
  private final int slots;

  // 0 <= size <= capacity < slots: a look-up ends at a free entry at the latest.
  private final int capacity;
  private int size;

  /**
   * An empty map.
   *
   * @param bytes the memory to take, from two entries to {@link #BYTES_MAX}
   * @param loadFactor how much of it is filled at most, above 0 and below 1
   */
  public OffsetMap(long bytes, double loadFactor) {
    if (bytes < 2 * ENTRY_BYTES || bytes > BYTES_MAX || loadFactor <= 0 || loadFactor >= 1) {
      throw new IllegalArgumentException(
          "bytes: %d, load factor: %s (expected: [%d, %d], above 0 and below 1)"
              .formatted(bytes, loadFactor, 2 * ENTRY_BYTES, BYTES_MAX));
    }
    slots = (int) (bytes / ENTRY_BYTES);
    table = new long[slots * LONGS];
    capacity = Math.max(1, Math.min(slots - 1, (int) (slots * loadFactor)));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** The keys in it. */
  public int size() {
    return size;
  }

  /** The keys that it takes. */
  public int capacity() {
    return capacity;
  }

  /**
   * Notes the offset of the record that a walk has stepped over, which has a key.
   *
   * @param record its offset is above all that were noted
   * @throws IllegalStateException if it is a new key and there is no room
   */
  public void put(RecordWalk record) {
    record.digestKey(digest);
    int at = find();
    if (table[at + 2] == 0) {
      if (size == capacity) {
        throw new IllegalStateException("keys: " + size + " (expected: room for another)");
      }
      size++;
      table[at] = hashLong(0);
      table[at + 1] = hashLong(Long.BYTES);
    }
    table[at + 2] = record.offset() + 1;
  }

  /** The newest offset of a key, -1 if it is not known. */
  public long get(byte[] bytes, int keyStart, int keyLength) {
    digest.update(bytes, keyStart, keyLength);
    return table[find() + 2] - 1;
  }

  /** The index of the entry of what was digested, or of the free one where it goes. */
  private int find() {
    try {
      digest.digest(hash, 0, DIGEST_BYTES);
    } catch (DigestException e) {
      throw new IllegalStateException("SHA-256 has 32 bytes", e);
    }
    long first = hashLong(0);
    long second = hashLong(Long.BYTES);
    int slot = (int) Long.remainderUnsigned(first, slots);
    while (true) {
      int at = slot * LONGS;
      if (table[at + 2] == 0 || (table[at] == first && table[at + 1] == second)) {
        return at;
      }
      slot = slot + 1 == slots ? 0 : slot + 1;
    }
  }

  private long hashLong(int at) {
    long value = 0;
    for (int i = at; i < at + Long.BYTES; i++) {
      value = value << Byte.SIZE | (hash[i] & 0xff);
    }
    return value;
  }
}
