package io.millrace.common.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * Files and directories as the log needs them. Three implementations: the real disk, an in-memory
 * one that can be cloned as a crash would leave it, and one that injects errors into another.
 *
 * <p>Durability follows POSIX: file contents are durable after {@link StoredFile#force}, names
 * (creation, rename, deletion) after {@link #forceDirectory} on the parent. Thread-safe; a {@link
 * StoredFile} allows one writer and any readers, and {@link StoredFile#force} beside them. An
 * interrupt of the calling thread neither stops an operation nor closes a file.
 */
public interface FileStore {
  /** How a file is opened. */
  enum OpenMode {
    /** Must exist; never written. */
    READ,
    /** Must exist. */
    READ_WRITE,
    /** Must not exist; created empty. */
    CREATE_NEW,
    /** Created if missing, kept if there. */
    CREATE
  }

  /**
   * Opens a file.
   *
   * @throws java.nio.file.NoSuchFileException if it must exist and does not
   * @throws java.nio.file.FileAlreadyExistsException if it must not exist and does
   */
  StoredFile open(Path path, OpenMode mode) throws IOException;

  /** Whether a file or directory of that name exists. */
  boolean exists(Path path) throws IOException;

  /**
   * Creates the directory and its missing parents.
   *
   * @throws java.nio.file.FileAlreadyExistsException if a file is in the way
   */
  void createDirectories(Path path) throws IOException;

  /** The names in a directory as full paths, sorted; empty if it is missing. */
  List<Path> list(Path directory) throws IOException;

  /** Whether the path is a directory; false if it is missing. */
  boolean isDirectory(Path path) throws IOException;

  /**
   * The file's length in bytes.
   *
   * @throws java.nio.file.NoSuchFileException if it is missing
   */
  long size(Path path) throws IOException;

  /**
   * Renames a file or directory, replacing a file of the new name, in one step. Open files and
   * mappings stay usable.
   *
   * @throws java.nio.file.NoSuchFileException if there is nothing of the old name
   */
  void rename(Path from, Path to) throws IOException;

  /**
   * Deletes a file or an empty directory; nothing happens if it is missing. Open files and mappings
   * stay usable.
   *
   * @throws java.nio.file.DirectoryNotEmptyException if the directory holds anything
   */
  void delete(Path path) throws IOException;

  /** Makes the names in a directory durable. */
  void forceDirectory(Path directory) throws IOException;

  /**
   * Maps a file's first {@code length} bytes read-only. The file must not be cut below {@code
   * length} while the mapping is open (SIGBUS). Closing ends the use of the buffer; when the pages
   * are given back depends on the platform (see {@link RealFileStore}).
   *
   * @throws IOException if the file is shorter than {@code length}
   */
  MappedFile map(Path path, long length) throws IOException;

  /** Bytes of the volume that holds the path. */
  long totalSpace(Path path) throws IOException;

  /** Bytes that can still be written on the volume that holds the path. */
  long usableSpace(Path path) throws IOException;

  /**
   * Locks a file for this process, creating it; fails at once if it is held, by another process or
   * by this one. Nothing else may open the file: on POSIX systems closing it would end the lock.
   *
   * @throws FileLockedException if it is held
   */
  FileLock lock(Path path) throws IOException;

  /** A lock that ends with the process or by closing. */
  interface FileLock extends AutoCloseable {
    @Override
    void close() throws IOException;
  }

  /** A read-only mapping. */
  interface MappedFile extends AutoCloseable {
    /**
     * The mapped bytes, big-endian, position 0; shared by all callers: use absolute reads or a
     * duplicate.
     */
    ByteBuffer buffer();

    @Override
    void close() throws IOException;
  }

  /** An open file. */
  interface StoredFile extends AutoCloseable {
    /** The file's path when it was opened. */
    Path path();

    /** The length in bytes. */
    long size() throws IOException;

    /**
     * Reads into the buffer from a position until it is full or the file ends.
     *
     * @return the bytes read; less than asked for only at the end of the file
     */
    int read(ByteBuffer into, long position) throws IOException;

    /**
     * Writes all remaining bytes of the buffers, in order, at a position, growing the file; a gap
     * before the position reads as zeros. After a failure any part of the bytes may be there.
     */
    void write(ByteBuffer[] from, long position) throws IOException;

    /** Writes all remaining bytes of the buffer, as {@link #write(ByteBuffer[], long)} does. */
    default void write(ByteBuffer from, long position) throws IOException {
      write(new ByteBuffer[] {from}, position);
    }

    /** Cuts the file to the length; nothing happens if it is shorter. */
    void truncate(long length) throws IOException;

    /**
     * Makes the contents (and length) durable. After a failure the contents are unknown: never
     * retried.
     */
    void force() throws IOException;

    @Override
    void close() throws IOException;
  }
}
