package io.millrace.client.api;

import io.millrace.common.TopicPartition;
import java.util.OptionalLong;

/**
 * A group's offset that is, or would be, moved.
 *
 * @param from what is committed before; empty for nothing
 * @param to what is committed after
 */
public record GroupOffsetChange(TopicPartition partition, OptionalLong from, long to) {}
