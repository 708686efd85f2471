package io.millrace.common.record;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import java.util.Map;

/** The errors that more than one class of this package raises. */
final class BatchErrors {
  private BatchErrors() {}

  static MillraceException corrupt(String message) {
    return new MillraceException(ErrorCode.CORRUPT_BATCH, message);
  }

  static MillraceException decompressedTooLarge(long maxBytes) {
    return new MillraceError(
            ErrorCode.DECOMPRESSED_TOO_LARGE,
            "decompressed bytes: more than " + maxBytes + " (expected: at most " + maxBytes + ")",
            Map.of("max_decompressed_bytes", Long.toString(maxBytes)))
        .exception();
  }
}
