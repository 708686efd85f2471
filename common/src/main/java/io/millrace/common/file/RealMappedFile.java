package io.millrace.common.file;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A read-only mapping of the operating system. Thread-safe.
 *
 * <p>Java 22 has a shared arena that ends a mapping safely; the sources are for Java 17, so it is
 * found by name. Without it the collector unmaps.
 */
final class RealMappedFile implements FileStore.MappedFile {
  private static final Optional<Arenas> ARENAS = Arenas.find();

  private final ByteBuffer buffer;
  private final AutoCloseable mapping;
  private final AtomicBoolean closed = new AtomicBoolean();

  private RealMappedFile(ByteBuffer buffer, AutoCloseable mapping) {
    this.buffer = buffer;
    this.mapping = mapping;
  }

  static RealMappedFile map(Path path, long length) throws IOException {
    if (length > Integer.MAX_VALUE) {
      throw new IOException(path + ": length to map: " + length + " (expected: below 2 GiB)");
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      if (channel.size() < length) {
        throw new IOException(
            path + ": length to map: " + length + " (expected: at most " + channel.size() + ")");
      }
      if (ARENAS.isPresent()) {
        return mapInArena(ARENAS.get(), channel, length);
      }
      return new RealMappedFile(channel.map(FileChannel.MapMode.READ_ONLY, 0, length), () -> {});
    }
  }

  private static RealMappedFile mapInArena(Arenas arenas, FileChannel channel, long length)
      throws IOException {
    RealMappedFile empty = new RealMappedFile(ByteBuffer.allocate(0), arenas.open());
    try {
      return new RealMappedFile(arenas.map(channel, length, empty.mapping), empty.mapping);
    } catch (IOException | RuntimeException e) {
      empty.close();
      throw e;
    }
  }

  @Override
  public ByteBuffer buffer() {
    return buffer;
  }

  @Override
  public void close() throws IOException {
    if (closed.compareAndSet(false, true)) {
      try {
        mapping.close();
      } catch (IOException | RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IOException(e);
      }
    }
  }

  /** {@code java.lang.foreign}, as far as needed. */
  private record Arenas(MethodHandle ofShared, MethodHandle map, MethodHandle asByteBuffer) {
    static Optional<Arenas> find() {
      try {
        Class<?> arena = Class.forName("java.lang.foreign.Arena");
        Class<?> segment = Class.forName("java.lang.foreign.MemorySegment");
        MethodHandles.Lookup lookup = MethodHandles.publicLookup();
        MethodType mapType =
            MethodType.methodType(
                segment, FileChannel.MapMode.class, long.class, long.class, arena);
        return Optional.of(
            new Arenas(
                lookup.findStatic(arena, "ofShared", MethodType.methodType(arena)),
                lookup.findVirtual(FileChannel.class, "map", mapType),
                lookup.findVirtual(
                    segment, "asByteBuffer", MethodType.methodType(ByteBuffer.class))));
      } catch (ReflectiveOperationException before22) {
        return Optional.empty();
      }
    }

    AutoCloseable open() throws IOException {
      return (AutoCloseable) call(ofShared);
    }

    ByteBuffer map(FileChannel channel, long length, AutoCloseable arena) throws IOException {
      Object segment = call(map, channel, FileChannel.MapMode.READ_ONLY, 0L, length, arena);
      return (ByteBuffer) call(asByteBuffer, segment);
    }

    private static Object call(MethodHandle handle, Object... arguments) throws IOException {
      try {
        return handle.invokeWithArguments(arguments);
      } catch (IOException | RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IOException(e);
      }
    }
  }
}
