/**
 * Value types that every module shares: what a partition, an offset and an error are called. No
 * threads, no IO.
 *
 * <p>Start with {@link io.millrace.common.ErrorCode} and {@link
 * io.millrace.common.TopicIdPartition}.
 */
@NullMarked
package io.millrace.common;

import org.jspecify.annotations.NullMarked;
