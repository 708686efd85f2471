/**
 * The one door to the disk.
 *
 * <p>{@link io.millrace.common.file.FileStore} is the door. Code that keeps data takes one through
 * its constructor; nothing else opens files.
 *
 * <p>{@link io.millrace.common.file.RealFileStore} is the disk; {@link
 * io.millrace.common.file.MemoryFileStore} and {@link io.millrace.common.file.FaultyFileStore}
 * stand in for it in the simulator and in tests, with crashes and with errors. {@link
 * io.millrace.common.file.AtomicFile} and {@link io.millrace.common.file.Checkpoint} are for small
 * files that are replaced as a whole.
 */
@NullMarked
package io.millrace.common.file;

import org.jspecify.annotations.NullMarked;
