package io.millrace.common.file;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An open file of the operating system. One writer, any readers; the reopening is guarded by this
 * object's monitor.
 *
 * <p>An interrupt that comes while a thread is inside a {@link FileChannel} closes the channel
 * under every user of the file. It is opened again then and the operation repeated: every operation
 * here names its position, so repeating it is harmless. {@link #force} is the exception: it goes
 * through the descriptor, which knows no interrupts, since the result of an interrupted one would
 * be lost and a failed one must not be repeated.
 */
final class RealStoredFile implements FileStore.StoredFile {
  /**
   * A heap buffer is copied through a temporary direct one, kept per thread and as large as the
   * largest transfer: larger ones go in pieces of this many bytes.
   */
  static final int MAX_TRANSFER_BYTES = 1 << 20;

  private final Path path;
  private final boolean writable;
  private final @Nullable Object fileKey;
  private volatile RandomAccessFile file;
  private volatile boolean closed;

  private RealStoredFile(Path path, boolean writable) throws IOException {
    this.path = path;
    this.writable = writable;
    this.file = openDescriptor();
    this.fileKey = fileKey(path);
  }

  static RealStoredFile open(Path path, FileStore.OpenMode mode) throws IOException {
    switch (mode) {
      case READ, READ_WRITE -> {
        if (!Files.exists(path)) {
          throw new NoSuchFileException(path.toString());
        }
      }
      case CREATE_NEW -> Files.createFile(path);
      case CREATE -> {
        Path parent = path.toAbsolutePath().getParent();
        if (parent != null && !Files.isDirectory(parent)) {
          throw new NoSuchFileException(path.toString());
        }
      }
    }
    return new RealStoredFile(path, mode != FileStore.OpenMode.READ);
  }

  private RandomAccessFile openDescriptor() throws IOException {
    File name = path.toFile();
    return new RandomAccessFile(name, writable ? "rw" : "r");
  }

  private static @Nullable Object fileKey(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public long size() throws IOException {
    return onChannel(FileChannel::size);
  }

  @Override
  public int read(ByteBuffer into, long position) throws IOException {
    int start = into.position();
    return onChannel(
        channel -> {
          while (into.hasRemaining()) {
            int done = into.position() - start;
            if (transferBounded(into, piece -> channel.read(piece, position + done)) < 0) {
              break;
            }
          }
          return into.position() - start;
        });
  }

  @Override
  public void write(ByteBuffer[] from, long position) throws IOException {
    requireWritable();
    long total = remaining(from);
    if (from.length == 1 || anyLargeHeapBuffer(from)) {
      long next = position;
      for (ByteBuffer buffer : from) {
        next += writeOne(buffer, next);
      }
      return;
    }
    onChannel(
        channel -> {
          long left = remaining(from);
          // Only the one writer uses the channel's own position.
          channel.position(position + total - left);
          while (left > 0) {
            left -= channel.write(from);
          }
          return total;
        });
  }

  private int writeOne(ByteBuffer buffer, long position) throws IOException {
    int start = buffer.position();
    return onChannel(
        channel -> {
          while (buffer.hasRemaining()) {
            long next = position + buffer.position() - start;
            transferBounded(buffer, piece -> channel.write(piece, next));
          }
          return buffer.position() - start;
        });
  }

  @Override
  public void truncate(long length) throws IOException {
    requireWritable();
    onChannel(
        channel -> {
          if (channel.size() > length) {
            channel.truncate(length);
          }
          return length;
        });
  }

  @Override
  public void force() throws IOException {
    usable().getFD().sync();
  }

  @Override
  public void close() throws IOException {
    synchronized (this) {
      closed = true;
    }
    file.close();
  }

  private void requireWritable() {
    if (!writable) {
      throw new NonWritableChannelException();
    }
  }

  /** An operation that can be repeated on a channel opened anew. */
  private interface ChannelOperation<T> {
    T run(FileChannel channel) throws IOException;
  }

  private <T> T onChannel(ChannelOperation<T> operation) throws IOException {
    return Interrupts.repeat(
        () -> {
          while (true) {
            FileChannel channel = channel();
            try {
              return operation.run(channel);
            } catch (ClosedByInterruptException byThisThread) {
              throw byThisThread;
            } catch (ClosedChannelException byAnotherThread) {
              if (channel.isOpen()) {
                throw byAnotherThread;
              }
            }
          }
        });
  }

  /** The open channel, which an interrupt can close at any time. */
  FileChannel channel() throws IOException {
    return usable().getChannel();
  }

  /** The open descriptor, opened again if an interrupt has closed it. */
  private RandomAccessFile usable() throws IOException {
    RandomAccessFile current = file;
    if (!closed && current.getChannel().isOpen()) {
      return current;
    }
    synchronized (this) {
      if (closed) {
        throw new ClosedChannelException();
      }
      if (!file.getChannel().isOpen()) {
        // Renamed or deleted since: another file, or none, has the name now.
        if (!Files.exists(path) || !Objects.equals(fileKey(path), fileKey)) {
          throw new NoSuchFileException(path.toString(), null, "moved, and closed by an interrupt");
        }
        file = openDescriptor();
      }
      return file;
    }
  }

  /** One read or write of a buffer. */
  private interface Transfer {
    int run(ByteBuffer piece) throws IOException;
  }

  private static int transferBounded(ByteBuffer buffer, Transfer transfer) throws IOException {
    int limit = buffer.limit();
    if (!buffer.isDirect() && buffer.remaining() > MAX_TRANSFER_BYTES) {
      buffer.limit(buffer.position() + MAX_TRANSFER_BYTES);
    }
    try {
      return transfer.run(buffer);
    } finally {
      buffer.limit(limit);
    }
  }

  private static boolean anyLargeHeapBuffer(ByteBuffer[] buffers) {
    for (ByteBuffer buffer : buffers) {
      if (!buffer.isDirect() && buffer.remaining() > MAX_TRANSFER_BYTES) {
        return true;
      }
    }
    return false;
  }

  private static long remaining(ByteBuffer[] buffers) {
    long total = 0;
    for (ByteBuffer buffer : buffers) {
      total += buffer.remaining();
    }
    return total;
  }
}
