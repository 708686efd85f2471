package io.millrace.common.file;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * What a {@link FaultyFileStore} does wrong, and when. Thread-safe; rules can be added and cleared
 * while the store is in use.
 *
 * <pre>{@code
 * plan.on(Operation.FORCE).path("**.log").skip(2).failOnce("Input/output error");
 * plan.on(Operation.WRITE).failFromThenOn("No space left on device");
 * plan.on(Operation.WRITE).path("**.index").skip(1).writeShort(7);
 * plan.on(Operation.FORCE).run(() -> slowDisk.await());
 * }</pre>
 */
public final class FaultPlan {
  /** The kinds of operation that can fail. */
  public enum Operation {
    OPEN,
    READ,
    WRITE,
    TRUNCATE,
    FORCE,
    SIZE,
    CREATE_DIRECTORIES,
    LIST,
    RENAME,
    DELETE,
    FORCE_DIRECTORY,
    MAP,
    LOCK,
    USABLE_SPACE
  }

  private final List<Rule> rules = new CopyOnWriteArrayList<>();
  private final AtomicLong operations = new AtomicLong();
  private volatile boolean sparing;

  /** Begins a rule for these kinds of operation; for all of them if none is named. */
  public Condition on(Operation... kinds) {
    Set<Operation> all = EnumSet.allOf(Operation.class);
    return new Condition(kinds.length == 0 ? all : EnumSet.copyOf(List.of(kinds)), path -> true, 0);
  }

  /** Forgets all rules: the disk is well again. */
  public void clear() {
    rules.clear();
  }

  /** Does something that no rule is about; for a plan that one thread uses. */
  public <T> T sparing(Supplier<T> look) {
    sparing = true;
    try {
      return look.get();
    } finally {
      sparing = false;
    }
  }

  /** All operations so far, failed ones included: the points at which a fault can be put. */
  public long operations() {
    return operations.get();
  }

  /**
   * Called before each operation.
   *
   * @return the bytes to write before failing, if a write is to fall short
   * @throws IOException if the operation is to fail
   */
  OptionalInt before(Operation kind, Path path) throws IOException {
    operations.incrementAndGet();
    if (sparing) {
      return OptionalInt.empty();
    }
    for (Rule rule : rules) {
      if (rule.fires(kind, path)) {
        OptionalInt written = rule.fault().happen(path);
        if (written.isPresent()) {
          return written;
        }
      }
    }
    return OptionalInt.empty();
  }

  static IOException failure(Path path, String reason) {
    return new FileSystemException(path.toString(), null, reason);
  }

  /** What happens when a rule fires. */
  private interface Fault {
    OptionalInt happen(Path path) throws IOException;
  }

  private record Rule(Condition condition, long times, Fault fault, AtomicLong matched) {
    boolean fires(Operation kind, Path path) {
      if (!condition.kinds.contains(kind) || !condition.paths.matches(path)) {
        return false;
      }
      long number = matched.getAndIncrement();
      return number >= condition.skipped && number - condition.skipped < times;
    }
  }

  /** The operations that a rule is about. Immutable. */
  public final class Condition {
    private final Set<Operation> kinds;
    private final PathMatcher paths;
    private final long skipped;

    private Condition(Set<Operation> kinds, PathMatcher paths, long skipped) {
      this.kinds = kinds;
      this.paths = paths;
      this.skipped = skipped;
    }

    /** Only paths that match the glob; {@code **.log} is every path that ends in {@code .log}. */
    public Condition path(String glob) {
      return new Condition(kinds, FileSystems.getDefault().getPathMatcher("glob:" + glob), skipped);
    }

    /** Lets so many matching operations pass first. */
    public Condition skip(long operations) {
      return new Condition(kinds, paths, operations);
    }

    /** The next one fails; nothing is done. */
    public void failOnce(String reason) {
      add(1, path -> fail(path, reason));
    }

    /** The next one and all after it fail; nothing is done. */
    public void failFromThenOn(String reason) {
      add(Long.MAX_VALUE, path -> fail(path, reason));
    }

    /** The next write stops after so many bytes and fails. */
    public void writeShort(int bytes) {
      add(1, path -> OptionalInt.of(bytes));
    }

    /** The hook runs before every one: it may wait, count, or throw what it likes. */
    public void run(Runnable hook) {
      add(
          Long.MAX_VALUE,
          path -> {
            hook.run();
            return OptionalInt.empty();
          });
    }

    private OptionalInt fail(Path path, String reason) throws IOException {
      throw failure(path, reason);
    }

    private void add(long times, Fault fault) {
      rules.add(new Rule(this, times, fault, new AtomicLong()));
    }
  }
}
