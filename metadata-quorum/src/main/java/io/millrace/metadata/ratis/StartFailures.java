package io.millrace.metadata.ratis;

import io.millrace.metadata.MetadataStorageException;
import java.net.BindException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tells an operator why the metadata log did not start, of what Ratis threw. */
final class StartFailures {
  private StartFailures() {}

  static MetadataStorageException explain(
      Exception thrown, RatisSettings settings, MetadataStorage storage) {
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
        || thrown.toString().contains("Failed to bind")) {
      return new MetadataStorageException(
          "the metadata listener can't bind to "
              + settings.host()
              + ":"
              + settings.port()
              + ": another process has the port, or the address is not this machine's",
          thrown);
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

  private static List<Throwable> causes(Exception thrown) {
    List<Throwable> causes = new ArrayList<>();
    for (@Nullable Throwable at = thrown; at != null && !causes.contains(at); at = at.getCause()) {
      causes.add(at);
    }
    return causes;
  }
}
