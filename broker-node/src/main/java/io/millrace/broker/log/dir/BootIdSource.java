package io.millrace.broker.log.dir;

import io.millrace.common.file.FileStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Tells which boot of the machine this is: as long as it stays the same, what was written to the
 * page cache is still there, whatever became of the process.
 */
public interface BootIdSource {
  /** The id of this boot; empty where the platform has none. */
  Optional<String> bootId() throws IOException;

  /** The Linux kernel's. */
  static BootIdSource ofKernel(FileStore store) {
    Path path = Path.of("/proc/sys/kernel/random/boot_id");
    return () -> {
      if (!store.exists(path)) {
        return Optional.empty();
      }
      try (FileStore.StoredFile file = store.open(path, FileStore.OpenMode.READ)) {
        // Such files tell no length.
        ByteBuffer bytes = ByteBuffer.allocate(64);
        int read = file.read(bytes, 0);
        String id = new String(bytes.array(), 0, read, StandardCharsets.US_ASCII).strip();
        return id.isEmpty() ? Optional.empty() : Optional.of(id);
      }
    };
  }
}
