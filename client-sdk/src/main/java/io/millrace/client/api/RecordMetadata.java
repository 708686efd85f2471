package io.millrace.client.api;

/**
 * Where a sent record is.
 *
 * @param topic the topic's name
 * @param partition the partition it went to
 * @param offset its offset, or -1 with acks=0
 * @param timestampMs its timestamp: the record's own, or the broker's where the topic says so
 */
public record RecordMetadata(String topic, int partition, long offset, long timestampMs) {}
