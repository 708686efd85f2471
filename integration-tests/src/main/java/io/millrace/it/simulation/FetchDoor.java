package io.millrace.it.simulation;

import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.LogRead;
import io.millrace.broker.log.StaleSnapshotException;
import io.millrace.broker.log.TimestampedOffset;
import io.millrace.broker.replica.PartitionRuntime;
import io.millrace.broker.replica.PartitionView;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.it.simulation.Messages.Fetch;
import io.millrace.it.simulation.Messages.Fetched;
import io.millrace.it.simulation.SimulatedNetwork.Connection;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the fetch service is to a partition in production, with a look at every answer. Confined to
 * the simulation's thread.
 */
final class FetchDoor {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final long FETCH_WAIT_MICROS = 50_000;

  private final SimulatedNode node;
  private final World world;
  private final int number;
  private final PartitionLedger ledger;
  private final HostedPartition partition;
  private final PartitionRuntime runtime;

  /** Fetches that wait for an advance, in the order in which they came. */
  private final List<WaitingFetch> waiting = new ArrayList<>();

  FetchDoor(SimulatedNode node, int number, HostedPartition partition, PartitionRuntime runtime) {
    this.node = node;
    this.world = node.world();
    this.number = number;
    this.ledger = world.ledger(number);
    this.partition = partition;
    this.runtime = runtime;
    runtime.listeners().add(() -> List.copyOf(waiting).forEach(WaitingFetch::end));
  }

  /** Answers at once, or when there is something to see, or after a while. */
  void fetch(Connection from, Fetch fetch) {
    fetch(from, fetch, true);
  }

  private void fetch(Connection from, Fetch fetch, boolean mayWait) {
    PartitionView view = runtime.view();
    if (!view.leads()) {
      partition.refused(view.refusal().code());
      answer(from, fetch, view, Optional.of(view.refusal()));
    } else if (fetch.offset() < view.logStartOffset() || fetch.offset() > view.logEndOffset()) {
      answer(
          from,
          fetch,
          view,
          Optional.of(
              new MillraceError(ErrorCode.OFFSET_OUT_OF_RANGE, "offset: " + fetch.offset())));
    } else if (fetch.offset() >= view.highWatermark() && mayWait) {
      new WaitingFetch(from, fetch).begin();
    } else {
      answer(from, fetch, view, Optional.empty());
    }
  }

  private void answer(
      Connection from, Fetch fetch, PartitionView view, Optional<MillraceError> error) {
    Fetched answer =
        error.isPresent()
            ? new Fetched(fetch, error, view.logStartOffset(), fetch.offset(), NOTHING)
            : read(fetch, view);
    world.trace().add("t%d: %s on %s", number, answer, from);
    from.sendToClient(answer);
  }

  private Fetched read(Fetch fetch, PartitionView view) {
    LogRead read;
    try {
      long bound = world.plants().readBound(view);
      read = view.log().read(fetch.offset(), fetch.maxBytes(), bound, true);
      partition.observe();
      if (node.random().nextInt(4) == 0) {
        findByTime(view);
      }
    } catch (LogDirException e) {
      partition.directory().diskFailed(e);
      MillraceError offline =
          new MillraceError(ErrorCode.LOG_DIR_OFFLINE, String.valueOf(e.getMessage()));
      return new Fetched(
          fetch, Optional.of(offline), view.logStartOffset(), fetch.offset(), NOTHING);
    } catch (StaleSnapshotException cutMeanwhile) {
      // Its segments were deleted in a run that is not finished: nothing, for now.
      return new Fetched(fetch, Optional.empty(), view.logStartOffset(), fetch.offset(), NOTHING);
    }
    ledger.fetched(fetch.offset(), view.highWatermark(), read.records());
    ledger.toldLogStart(view.logStartOffset());
    if (view.latestOffsetKnown()) {
      ledger.toldHighWatermark(world.plants().toldHighWatermark(view));
    }
    return new Fetched(
        fetch, Optional.empty(), view.logStartOffset(), read.nextOffset(), read.records());
  }

  /** A fetch at the high watermark: answered by the next advance, or after a while. */
  private final class WaitingFetch {
    private final Connection from;
    private final Fetch fetch;
    private boolean answered;

    WaitingFetch(Connection from, Fetch fetch) {
      this.from = from;
      this.fetch = fetch;
    }

    void begin() {
      waiting.add(this);
      node.later(FETCH_WAIT_MICROS, this::end);
    }

    private void end() {
      if (!answered) {
        answered = true;
        waiting.remove(this);
        fetch(from, fetch, false);
      }
    }
  }

  /** S27: whoever asks by time gets the first record that is not older. */
  private void findByTime(PartitionView view) {
    long targetMs = node.machine().clock().wallMs() - node.random().nextInt(1_500);
    Optional<TimestampedOffset> found =
        view.log().offsetForTimestamp(targetMs, view.highWatermark());
    ledger.foundByTime(
        targetMs,
        view.logStartOffset(),
        view.highWatermark(),
        found.map(TimestampedOffset::offset).orElse(-1L));
  }
}
