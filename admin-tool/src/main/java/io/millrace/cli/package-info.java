/**
 * The {@code millrace} command.
 *
 * <p>{@link io.millrace.cli.Millrace} is its root and holds the list of commands; {@link
 * io.millrace.cli.ErrorReports} turns what went wrong into a line, a hint and an exit code: 0 for
 * success, 1 for a failure, 2 for a mistake in the command line.
 */
@NullMarked
package io.millrace.cli;

import org.jspecify.annotations.NullMarked;
