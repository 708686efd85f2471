/**
 * The record batch: the unit that is sent, checked, stored, replicated and fetched, byte for byte
 * the published format version 2 (magic 2) of Apache Kafka. No threads of its own, no IO.
 *
 * <p>Start with {@link io.millrace.common.record.RecordBatch}, where the format is drawn. {@link
 * io.millrace.common.record.RecordBatchBuilder} writes batches, {@link
 * io.millrace.common.record.RecordReader} reads their records, {@link
 * io.millrace.common.record.BatchValidator} judges what a client sent.
 */
@NullMarked
package io.millrace.common.record;

import org.jspecify.annotations.NullMarked;
