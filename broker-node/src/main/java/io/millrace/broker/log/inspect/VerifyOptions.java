package io.millrace.broker.log.inspect;

/**
 * How much is checked.
 *
 * @param evenIfInUse whether a directory is checked that a broker works on; what it is writing may
 *     then look damaged
 * @param records whether every record is unpacked and read
 * @param maxDecompressedBytes a batch whose records unpack to more is not unpacked
 */
public record VerifyOptions(boolean evenIfInUse, boolean records, long maxDecompressedBytes) {
  static final long MAX_DECOMPRESSED_BYTES = 256L << 20;

  /** Everything, of a directory that nobody works on. */
  public static final VerifyOptions FULL = new VerifyOptions(false, true, MAX_DECOMPRESSED_BYTES);
}
