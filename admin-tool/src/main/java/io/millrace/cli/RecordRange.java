package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.OffsetsFound;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The offsets of each partition that {@code consume} prints.
 *
 * @param starts the first offset; there may be no record at it
 * @param ends the offset after the last one, perhaps not after the first; {@code Long.MAX_VALUE}
 *     for none
 * @param logEnd the end of the longest log
 */
record RecordRange(Map<TopicPartition, Long> starts, Map<TopicPartition, Long> ends, long logEnd) {
  /**
   * Looks a range up.
   *
   * @param from its first place
   * @param to the place after it; empty for the end that the log has now
   * @param follow whether it goes on beyond that end, up to {@code to}, an offset, if it is given
   * @throws MillraceException with {@code OFFSET_OUT_OF_RANGE} if records after its first offset
   *     are deleted already
   */
  static RecordRange of(LookUp lookUp, Place from, Optional<Place> to, boolean follow) {
    Map<TopicPartition, Long> logEnds = lookUp.offsets(OffsetSpec.latest());
    Map<TopicPartition, Long> ends = new TreeMap<>(logEnds);
    if (to.isPresent()) {
      Map<TopicPartition, Long> wanted = lookUp.offsets(to.get(), logEnds);
      wanted.forEach(
          (partition, end) -> ends.merge(partition, end, follow ? (a, b) -> b : Math::min));
    } else if (follow) {
      ends.replaceAll((partition, end) -> Long.MAX_VALUE);
    }
    Map<TopicPartition, Long> starts = lookUp.offsets(from, logEnds);
    if (from instanceof Place.Known known && known.spec() instanceof OffsetSpec.AtOffset) {
      requireKept(starts, lookUp.offsets(OffsetSpec.earliest()));
    }
    long logEnd = logEnds.values().stream().mapToLong(Long::longValue).max().orElse(0);
    return new RecordRange(starts, ends, logEnd);
  }

  private static void requireKept(
      Map<TopicPartition, Long> starts, Map<TopicPartition, Long> first) {
    new TreeMap<>(starts)
        .forEach(
            (partition, start) -> {
              long kept = first.getOrDefault(partition, 0L);
              if (start < kept) {
                throw new MillraceException(
                    ErrorCode.OFFSET_OUT_OF_RANGE,
                    partition + " begins at offset " + kept + ", after " + start);
              }
            });
  }

  /** The first offset of a partition. */
  long start(TopicPartition partition) {
    return Objects.requireNonNull(starts.get(partition), partition::toString);
  }

  /**
   * Asks the leaders of some partitions for offsets.
   *
   * @param admin to ask with
   * @param partitions the partitions
   * @param notes told while they do not answer
   */
  record LookUp(Admin admin, List<TopicPartition> partitions, OutageNotes notes) {
    /** Where a place is in each partition. */
    Map<TopicPartition, Long> offsets(Place place, Map<TopicPartition, Long> logEnds) {
      if (place instanceof Place.Known known) {
        return offsets(known.spec());
      }
      long back = ((Place.BeforeEnd) place).offsets();
      Map<TopicPartition, Long> offsets = offsets(OffsetSpec.earliest());
      logEnds.forEach((partition, end) -> offsets.merge(partition, end - back, Math::max));
      return offsets;
    }

    Map<TopicPartition, Long> offsets(OffsetSpec place) {
      return offsets(partitions, place);
    }

    Map<TopicPartition, Long> offsets(Collection<TopicPartition> some, OffsetSpec place) {
      Map<TopicPartition, OffsetSpec> places = new TreeMap<>();
      some.forEach(partition -> places.put(partition, place));
      OffsetsFound now = admin.offsetsNow(places);
      Map<TopicPartition, Long> all = new HashMap<>(now.offsets());
      if (!now.unknown().isEmpty()) {
        notes.tell(new TreeMap<>(now.unknown()).firstEntry().getValue());
        places.keySet().retainAll(now.unknown().keySet());
        all.putAll(admin.offsets(places));
        notes.look(Optional.empty());
      }
      return all;
    }
  }
}
