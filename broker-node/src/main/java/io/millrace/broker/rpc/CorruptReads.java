package io.millrace.broker.rpc;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stored batches that readers found corrupt (S25): each is logged once, every read of it is
 * counted, and it is shown to operators while its partition still has it. Thread-safe, by its own
 * lock, a leaf.
 */
public final class CorruptReads {
  /** So many are remembered and logged; a disk that has more is known to be bad. */
  static final int MOST_REMEMBERED = 1_000;

  private static final Logger log = LoggerFactory.getLogger(CorruptReads.class);

  private final StillThere stillThere;
  private final Counter reads;

  /** Guarded by this; at most {@link #MOST_REMEMBERED}. */
  private final Map<Place, String> found = new TreeMap<>();

  /** Tells whether a corrupt batch is still in a partition's log on this broker. */
  public interface StillThere {
    /** Whether it is: neither deleted nor replaced; a look at positions only. */
    boolean holds(TopicIdPartition partition, long offset);
  }

  private record Place(TopicPartition name, TopicIdPartition id, long offset)
      implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      int byName = name.toString().compareTo(other.name.toString());
      int byId = byName != 0 ? byName : id.topicId().compareTo(other.id.topicId());
      return byId != 0 ? byId : Long.compare(offset, other.offset);
    }
  }

  /** Begins with nothing found. */
  public CorruptReads(MeterRegistry registry, StillThere stillThere) {
    this.stillThere = stillThere;
    this.reads =
        Counter.builder("millrace.fetch.corrupt.batches")
            .description("Reads that met a stored batch whose bytes are not what was appended")
            .register(registry);
    Gauge.builder("millrace.log.corrupt.batches", () -> found().size())
        .description("Stored batches that readers found corrupt and that are still in their logs")
        .register(registry);
  }

  /**
   * A read met a corrupt batch.
   *
   * @param offset the batch's base offset, as expected
   * @param defect what is wrong, and in which file
   */
  void report(TopicIdPartition id, TopicPartition name, long offset, String defect) {
    reads.increment();
    if (remember(new Place(name, id, offset), defect)) {
      log.error("[{}] a stored batch is corrupt and is not served (logged once): {}", name, defect);
    }
  }

  private synchronized boolean remember(Place place, String defect) {
    if (found.containsKey(place)) {
      return false;
    }
    if (found.size() >= MOST_REMEMBERED) {
      forgetWhatIsGone();
    }
    if (found.size() >= MOST_REMEMBERED) {
      return false;
    }
    found.put(place, defect);
    return true;
  }

  /** What was found and is still there, a line for each, by partition and offset. */
  public synchronized List<String> found() {
    forgetWhatIsGone();
    return found.entrySet().stream()
        .map(each -> "[" + each.getKey().name() + "] " + each.getValue())
        .toList();
  }

  private void forgetWhatIsGone() {
    found.keySet().removeIf(place -> !stillThere.holds(place.id(), place.offset()));
  }
}
