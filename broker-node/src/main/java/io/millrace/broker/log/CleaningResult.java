package io.millrace.broker.log;

/**
 * What a cleaning did.
 *
 * @param endOffset the log is clean below it
 * @param bytesBefore of the segments that were cleaned
 * @param bytesAfter of what took their place
 * @param recordsRemoved the records that are gone
 * @param keys the keys in the offset map
 * @param mapFull whether the map had no room for more, so that another cleaning must go on
 */
public record CleaningResult(
    long endOffset,
    long bytesBefore,
    long bytesAfter,
    long recordsRemoved,
    int keys,
    boolean mapFull) {}
