/**
 * The forms in which the command reads and writes records.
 *
 * <p>Start with {@link io.millrace.cli.record.RecordParser} for what is read, {@link
 * io.millrace.cli.record.RecordFormat} and {@link io.millrace.cli.record.JsonRecords} for what is
 * printed.
 */
@NullMarked
package io.millrace.cli.record;

import org.jspecify.annotations.NullMarked;
