package io.millrace.cli;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Prints a range of records and ends where it ends: also where no record is at its end any more, or
 * where its records are deleted while it is read. Confined to one thread.
 */
final class RangeReader {
  private static final Duration POLL = Duration.ofMillis(200);

  private static final int MOST_PLACES = 8;

  /** Prints a record. */
  interface Printer {
    void print(ConsumerRecord record, PrintStream out);
  }

  private final CliContext context;
  private final Consumer consumer;
  private final RecordRange.LookUp lookUp;
  private final OutageNotes notes;

  /** The ends of the partitions that are not over; all of them are assigned. */
  private final Map<TopicPartition, Long> open = new TreeMap<>();

  private long printed;

  RangeReader(CliContext context, Consumer consumer, RecordRange.LookUp lookUp, OutageNotes notes) {
    this.context = context;
    this.consumer = consumer;
    this.lookUp = lookUp;
    this.notes = notes;
  }

  /** Prints up to so many records; tells how many there were. */
  long print(RecordRange range, long max, Printer printer) {
    range
        .ends()
        .forEach(
            (partition, end) -> {
              long start = range.start(partition);
              if (start < end) {
                open.put(partition, end);
                consumer.assign(partition, OffsetSpec.offset(start));
              }
            });
    PrintStream out = context.out();
    Duration wait = Duration.ZERO;
    while (!open.isEmpty() && printed < max && !out.checkError()) {
      List<ConsumerRecord> records = poll(wait);
      notes.look(consumer.trouble());
      for (ConsumerRecord record : records) {
        if (printed < max && isWanted(record)) {
          printed++;
          printer.print(record, out);
        }
      }
      open.entrySet().removeIf(this::isOver);
      wait = POLL;
    }
    out.flush();
    return printed;
  }

  private boolean isWanted(ConsumerRecord record) {
    Long end = open.get(new TopicPartition(record.topic(), record.partition()));
    return end != null && record.offset() < end;
  }

  private boolean isOver(Map.Entry<TopicPartition, Long> partitionAndEnd) {
    boolean over = consumer.position(partitionAndEnd.getKey()) >= partitionAndEnd.getValue();
    if (over) {
      consumer.unassign(partitionAndEnd.getKey());
    }
    return over;
  }

  private List<ConsumerRecord> poll(Duration wait) {
    try {
      return consumer.poll(wait);
    } catch (MillraceException e) {
      if (e.code() == ErrorCode.OFFSET_OUT_OF_RANGE && passOverDeleted()) {
        return List.of();
      }
      context.out().flush();
      tellPositions();
      throw e;
    }
  }

  /** Goes on at the first record that is kept; false if nothing was deleted. */
  private boolean passOverDeleted() {
    boolean moved = false;
    Map<TopicPartition, Long> kept = lookUp.offsets(open.keySet(), OffsetSpec.earliest());
    for (TopicPartition partition : open.keySet()) {
      long position = consumer.position(partition);
      long first = kept.getOrDefault(partition, position);
      if (position < first) {
        context
            .err()
            .println(
                "millrace: "
                    + partition
                    + ": offsets "
                    + position
                    + " to "
                    + (first - 1)
                    + " were deleted meanwhile; going on at "
                    + first);
        consumer.seek(partition, first);
        moved = true;
      }
    }
    return moved;
  }

  /** For whoever goes on later. */
  private void tellPositions() {
    String places =
        open.keySet().stream()
            .limit(MOST_PLACES)
            .map(partition -> partition + " at offset " + consumer.position(partition))
            .collect(Collectors.joining(", "));
    context.err().println(TopicReports.count(printed, "record") + " printed; stopped in " + places);
  }
}
