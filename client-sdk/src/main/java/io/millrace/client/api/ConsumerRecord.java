package io.millrace.client.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record that was read.
 *
 * @param topic the topic's name
 * @param partition the partition it was read from
 * @param offset its offset
 * @param timestampMs milliseconds since 1970 UTC
 * @param key the key, or null
 * @param value the payload, or null
 * @param headers in the order in which they were sent
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a copy per record would cost more
public record ConsumerRecord(
    String topic,
    int partition,
    long offset,
    long timestampMs,
    byte @Nullable [] key,
    byte @Nullable [] value,
    List<Header> headers) {}
