package io.millrace.metadata.ratis;

import io.millrace.common.file.FileStore;
import io.millrace.metadata.MetadataStorageException;
import io.millrace.metadata.ratis.MetadataLogRepair.Damage;
import java.io.IOException;
import java.net.BindException;
import java.nio.channels.OverlappingFileLockException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tells an operator why the metadata log did not start, of what Ratis threw. */
final class StartFailures {
  private StartFailures() {}

  static MetadataStorageException explain(
      Exception thrown, RatisSettings settings, MetadataStorage storage, FileStore store) {
    List<Throwable> causes = causes(thrown);
    Optional<MetadataStorageException> ours =
        causes.stream()
            .filter(MetadataStorageException.class::isInstance)
            .map(MetadataStorageException.class::cast)
            .findFirst();
    if (ours.isPresent()) {
      return ours.get();
    }
    if (causes.stream().anyMatch(BindException.class::isInstance)
        || causes.stream()
            .anyMatch(e -> String.valueOf(e.getMessage()).contains("Failed to bind"))) {
      return new MetadataStorageException(
          "the metadata listener can't bind to "
              + settings.host()
              + ":"
              + settings.port()
              + ": another process has the port, or the address is not this machine's",
          thrown);
    }
    if (causes.stream().anyMatch(OverlappingFileLockException.class::isInstance)
        || causes.stream().anyMatch(e -> String.valueOf(e.getMessage()).contains("lock"))) {
      return new MetadataStorageException(
          "another process uses the metadata in " + settings.directory() + "; stop it first",
          thrown);
    }
    Optional<Damage> damage = damage(store, settings);
    if (damage.isPresent()) {
      return new MetadataStorageException(describe(damage.get(), storage), thrown);
    }
    Throwable root = causes.get(causes.size() - 1);
    return new MetadataStorageException(
        "the metadata log in "
            + storage.logDirectory()
            + " can't be opened: "
            + (root.getMessage() == null ? root.toString() : root.getMessage())
            + ". Nothing was changed",
        thrown);
  }

  private static Optional<Damage> damage(FileStore store, RatisSettings settings) {
    try {
      return MetadataLogRepair.inspect(store, settings.directory());
    } catch (IOException unreadable) {
      return Optional.empty();
    }
  }

  private static String describe(Damage damage, MetadataStorage storage) {
    String where =
        "record of the metadata log is damaged, at byte "
            + damage.position()
            + " of "
            + damage.segment()
            + ". Nothing was changed. ";
    return damage.last()
        ? "the last "
            + where
            + "A power loss while it was written leaves it so, and then nobody was told that it was"
            + " written. `millrace metadata repair` cuts this one record and keeps its bytes"
        : "a " + where + "Good ones follow, so it can't be cut: " + storage.whatToDo();
  }

  private static List<Throwable> causes(Exception thrown) {
    List<Throwable> causes = new ArrayList<>();
    for (@Nullable Throwable at = thrown; at != null && !causes.contains(at); at = at.getCause()) {
      causes.add(at);
    }
    return causes;
  }
}
