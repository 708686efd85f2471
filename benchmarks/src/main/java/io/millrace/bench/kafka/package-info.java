/**
 * Runs the same work on Apache Kafka and on Millrace in turns, on one machine, and writes the table
 * of what each took. Brokers and clients are processes of their own; Kafka's class path is apart.
 *
 * <p>Start with {@link io.millrace.bench.kafka.Comparison}; {@link
 * io.millrace.bench.kafka.Catalogue} has the work, {@code io.millrace.bench.kafka.load} the load
 * program. {@code benchmarks/against-kafka} runs it.
 */
@NullMarked
package io.millrace.bench.kafka;

import org.jspecify.annotations.NullMarked;
