package io.millrace.common.record;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One record as it was read from a batch. Two records are equal when their bytes are.
 *
 * @param offset its place in the partition
 * @param timestamp milliseconds since 1970 UTC, or -1 when the producer gave none
 * @param key the bytes from position to limit, or null
 * @param value the bytes from position to limit, or null (a tombstone in a compacted topic)
 * @param headers in the producer's order
 */
// The field's word; java.lang.Record is never named in code.
@SuppressWarnings("JavaLangClash")
public record Record(
    long offset,
    long timestamp,
    @Nullable ByteBuffer key,
    @Nullable ByteBuffer value,
    List<RecordHeader> headers) {}
