/**
 * The one door to the disk.
 *
 * <p>{@link io.millrace.common.file.FileStore} is the door. Code that keeps data takes one through
 * its constructor; nothing else opens files.
 */
@NullMarked
package io.millrace.common.file;

import org.jspecify.annotations.NullMarked;
