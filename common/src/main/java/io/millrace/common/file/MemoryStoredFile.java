package io.millrace.common.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.Path;

/** An open file of a {@link MemoryFileStore}. Guarded by the disk's monitor. */
final class MemoryStoredFile implements FileStore.StoredFile {
  private final MemoryDisk disk;
  private final MemoryFile file;
  private final Path path;
  private final boolean writable;
  private boolean closed;

  MemoryStoredFile(MemoryDisk disk, MemoryFile file, Path path, boolean writable) {
    this.disk = disk;
    this.file = file;
    this.path = path;
    this.writable = writable;
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public long size() throws IOException {
    synchronized (disk) {
      requireOpen();
      return file.size();
    }
  }

  @Override
  public int read(ByteBuffer into, long position) throws IOException {
    synchronized (disk) {
      requireOpen();
      return file.read(into, position);
    }
  }

  @Override
  public void write(ByteBuffer[] from, long position) throws IOException {
    synchronized (disk) {
      requireOpen();
      requireWritable();
      long end = position;
      for (ByteBuffer buffer : from) {
        end += buffer.remaining();
      }
      if (end > Integer.MAX_VALUE) {
        throw new IOException(path + ": File too large");
      }
      long growth = file.named() ? Math.max(0, end - file.size()) : 0;
      long missing = growth - disk.take(growth);
      byte[] bytes = new byte[(int) Math.max(0, end - missing - position)];
      gather(from, bytes);
      if (bytes.length > 0) {
        file.write((int) position, bytes);
      }
      if (missing > 0) {
        throw new IOException(path + ": No space left on device");
      }
    }
  }

  private static void gather(ByteBuffer[] from, byte[] into) {
    int filled = 0;
    for (ByteBuffer buffer : from) {
      int length = Math.min(buffer.remaining(), into.length - filled);
      buffer.get(into, filled, length);
      filled += length;
    }
  }

  @Override
  public void truncate(long length) throws IOException {
    synchronized (disk) {
      requireOpen();
      requireWritable();
      if (length < file.size()) {
        if (file.named()) {
          disk.giveBack(file.size() - length);
        }
        file.truncate(path, (int) length);
      }
    }
  }

  @Override
  public void force() throws IOException {
    synchronized (disk) {
      requireOpen();
      file.force();
    }
  }

  @Override
  public void close() {
    synchronized (disk) {
      closed = true;
    }
  }

  private void requireOpen() throws IOException {
    if (closed) {
      throw new ClosedChannelException();
    }
  }

  private void requireWritable() {
    if (!writable) {
      throw new NonWritableChannelException();
    }
  }
}
