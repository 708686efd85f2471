/**
 * JMH benchmarks of the hot paths.
 *
 * <p>{@link io.millrace.bench.Benchmarks} runs them; each benchmark's Javadoc has its command.
 */
@NullMarked
package io.millrace.bench;

import org.jspecify.annotations.NullMarked;
