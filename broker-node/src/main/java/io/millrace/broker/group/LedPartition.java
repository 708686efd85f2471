package io.millrace.broker.group;

import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.PartitionView;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A partition of the offsets topic on this broker: has a coordinator while the broker leads it, a
 * new one in each leader epoch. Thread-safe.
 */
final class LedPartition {
  private static final int NOT_LED = -1;

  private final PartitionHost host;
  private final IntFunction<Coordinator> make;
  private final Consumer<Coordinator> resign;

  /** Written under this object's lock. */
  private volatile int leaderEpoch = NOT_LED;

  private volatile @Nullable Coordinator current;

  /**
   * Watches a partition from {@link #begin} on.
   *
   * @param make makes the coordinator of a leader epoch
   * @param resign has a coordinator resign
   */
  LedPartition(PartitionHost host, IntFunction<Coordinator> make, Consumer<Coordinator> resign) {
    this.host = host;
    this.make = make;
    this.resign = resign;
  }

  /** Begins to watch; for as long as the partition is open here. */
  void begin() {
    host.onAdvance(this::look);
    look();
  }

  /** The coordinator, if this broker leads the partition. */
  Optional<Coordinator> coordinator() {
    return Optional.ofNullable(current);
  }

  private void look() {
    PartitionView view = host.view();
    int epoch = view.leads() ? view.leaderEpoch() : NOT_LED;
    if (epoch != leaderEpoch) {
      change();
    } else {
      coordinator().ifPresent(Coordinator::advanced);
    }
  }

  private synchronized void change() {
    PartitionView view = host.view();
    int epoch = view.leads() ? view.leaderEpoch() : NOT_LED;
    if (epoch == leaderEpoch) {
      return;
    }
    leaderEpoch = epoch;
    coordinator().ifPresent(resign);
    if (epoch == NOT_LED) {
      current = null;
    } else {
      Coordinator next = make.apply(epoch);
      current = next;
      next.begin();
    }
  }
}
