package io.millrace.common.record;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A named value beside a record's key and value.
 *
 * @param key the name; names may repeat
 * @param value the bytes from position to limit, or null
 */
public record RecordHeader(String key, @Nullable ByteBuffer value) {}
