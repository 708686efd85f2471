package io.millrace.broker.log;

/**
 * What to read of a log.
 *
 * @param startOffset the offset that the first batch must hold
 * @param maxBytes how many bytes at most
 * @param upperBound nothing at or above this offset is returned
 * @param atLeastOneBatch whether the first batch comes even if it is larger than {@code maxBytes}
 * @param buffers where the bytes are put
 */
public record ReadRequest(
    long startOffset,
    int maxBytes,
    long upperBound,
    boolean atLeastOneBatch,
    ReadBuffers buffers) {}
