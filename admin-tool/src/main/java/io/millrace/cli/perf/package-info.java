/**
 * {@code millrace perf}: measures how fast a cluster takes and gives records, with the same client
 * that applications use.
 *
 * <p>{@link io.millrace.cli.perf.PerfCommand} holds the list of commands. {@link
 * io.millrace.cli.perf.LoadSender} makes the load of two of them: what it costs itself is what the
 * client's API needs for a record, and nothing more.
 */
@NullMarked
package io.millrace.cli.perf;

import org.jspecify.annotations.NullMarked;
