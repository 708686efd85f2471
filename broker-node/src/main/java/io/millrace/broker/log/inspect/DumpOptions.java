package io.millrace.broker.log.inspect;

/**
 * What a dump shows.
 *
 * @param fromOffset batches whose records all lie below it are left out
 * @param maxBatches it ends after so many batches
 * @param records whether the records are shown too
 * @param maxDecompressedBytes a batch whose records unpack to more is not unpacked
 */
public record DumpOptions(
    long fromOffset, long maxBatches, boolean records, long maxDecompressedBytes) {
  /** All batches, without their records. */
  public static final DumpOptions BATCHES =
      new DumpOptions(0, Long.MAX_VALUE, false, VerifyOptions.MAX_DECOMPRESSED_BYTES);

  /** From this offset on. */
  public DumpOptions from(long offset) {
    return new DumpOptions(offset, maxBatches, records, maxDecompressedBytes);
  }

  /** At most so many batches. */
  public DumpOptions atMost(long batches) {
    return new DumpOptions(fromOffset, batches, records, maxDecompressedBytes);
  }

  /** With the records. */
  public DumpOptions withRecords() {
    return new DumpOptions(fromOffset, maxBatches, true, maxDecompressedBytes);
  }
}
