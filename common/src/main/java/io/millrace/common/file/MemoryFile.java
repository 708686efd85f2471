package io.millrace.common.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A file in memory: what is written, what is durable. Guarded by the disk's monitor. */
final class MemoryFile implements MemoryNode {
  /** What was done to the contents since they were forced. */
  sealed interface Change {
    /** Bytes written at a position. */
    record Written(int position, ByteBuffer bytes) implements Change {
      int length() {
        return bytes.capacity();
      }
    }

    /** The file cut to a length. */
    record Cut(int length) implements Change {}
  }

  private final MemoryContent written;
  private final MemoryContent durable;

  /**
   * {@code durable} with these changes, in order, is {@code written}, but for what was given up.
   */
  private final List<Change> unforced = new ArrayList<>();

  /** The lengths of the open mappings. */
  private final List<Long> mappedLengths = new ArrayList<>();

  private boolean named = true;

  MemoryFile() {
    this(new MemoryContent(), new MemoryContent());
  }

  private MemoryFile(MemoryContent written, MemoryContent durable) {
    this.written = written;
    this.durable = durable;
  }

  /** A file all of whose contents are durable. */
  static MemoryFile durable(MemoryContent content) {
    return new MemoryFile(content.copy(), content);
  }

  int size() {
    return written.size();
  }

  boolean named() {
    return named;
  }

  void nameless() {
    named = false;
  }

  MemoryContent durable() {
    return durable;
  }

  List<Change> unforced() {
    return unforced;
  }

  int read(ByteBuffer into, long position) {
    return written.read(into, position);
  }

  void write(int position, byte[] bytes) {
    written.write(position, bytes, bytes.length);
    unforced.add(new Change.Written(position, ByteBuffer.wrap(bytes)));
  }

  void truncate(Path path, int length) {
    for (long mapped : mappedLengths) {
      if (length < mapped) {
        throw new IllegalStateException(
            path + ": cut to " + length + " bytes while " + mapped + " are mapped");
      }
    }
    written.truncate(length);
    unforced.add(new Change.Cut(length));
  }

  void force() {
    for (Change change : unforced) {
      if (change instanceof Change.Written write) {
        durable.write(write.position(), write.bytes().array(), write.length());
      } else if (change instanceof Change.Cut cut) {
        durable.truncate(cut.length());
      }
    }
    unforced.clear();
  }

  /** What was written and not forced is forgotten: it can be read and is never made durable. */
  void giveUp() {
    unforced.removeIf(Change.Written.class::isInstance);
  }

  ByteBuffer map(Path path, long length) throws IOException {
    if (length > written.size()) {
      throw new IOException(
          path + ": length to map: " + length + " (expected: at most " + written.size() + ")");
    }
    mappedLengths.add(length);
    return written.view((int) length);
  }

  void unmap(long length) {
    mappedLengths.remove(length);
  }

  @Override
  public MemoryFile copy(Map<MemoryNode, MemoryNode> copies) {
    if (copies.get(this) instanceof MemoryFile copy) {
      return copy;
    }
    MemoryFile copy = new MemoryFile(written.copy(), durable.copy());
    copy.unforced.addAll(unforced);
    copy.named = named;
    copies.put(this, copy);
    return copy;
  }

  @Override
  public long contentBytes() {
    return written.size();
  }

  @Override
  public void forceContents() {
    force();
  }
}
