package io.millrace.broker.group.core;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A record of the offsets topic as bytes, as {@link GroupRecordCodec} draws it. The arrays are not
 * copied, and never changed by the core.
 *
 * @param key what the record is about; compaction keeps the last record of each key
 * @param value what is true of it now; null when it is gone
 */
@SuppressWarnings("ArrayRecordComponent") // the bytes go to and come from the log as they are
public record EncodedRecord(byte[] key, byte @Nullable [] value) {
  /** How many bytes key and value have. */
  public int size() {
    return key.length + (value == null ? 0 : value.length);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof EncodedRecord record
        && Arrays.equals(key, record.key)
        && Arrays.equals(value, record.value);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(key) + Arrays.hashCode(value);
  }

  @Override
  public String toString() {
    return "EncodedRecord[" + key.length + " bytes, " + (value == null ? "gone" : size()) + "]";
  }
}
