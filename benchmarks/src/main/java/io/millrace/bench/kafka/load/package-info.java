/**
 * The load program of the comparison with Apache Kafka, the same for both sides: where records come
 * from, how fast they go, what is measured when. It knows neither client; each is behind {@link
 * io.millrace.bench.kafka.load.Side}, and only one of them is on the class path of a process.
 *
 * <p>Start with {@link io.millrace.bench.kafka.load.LoadMain}, then {@link
 * io.millrace.bench.kafka.load.ProduceRound}.
 */
@NullMarked
package io.millrace.bench.kafka.load;

import org.jspecify.annotations.NullMarked;
