package io.millrace.cli;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.OffsetAndMetadata;
import io.millrace.client.api.RebalanceListener;
import io.millrace.common.TopicPartition;
import java.io.PrintStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Prints what a group gives to this command, and commits what is printed: what did not get out is
 * read again by whoever comes next. Confined to one thread, but for {@link #stop}.
 */
final class GroupReader {
  private static final Duration POLL = Duration.ofMillis(200);

  private final CliContext context;
  private final Consumer consumer;
  private final OutageNotes notes;

  /** What is printed and not committed. */
  private final Map<TopicPartition, OffsetAndMetadata> printedTo = new HashMap<>();

  private volatile boolean stopped;
  private long printed;

  GroupReader(CliContext context, Consumer consumer, OutageNotes notes) {
    this.context = context;
    this.consumer = consumer;
    this.notes = notes;
  }

  /**
   * Prints records of a topic.
   *
   * @param follow whether to go on at the end of all partitions that it was given
   * @param max ends after so many
   */
  void print(String topic, boolean follow, long max, RangeReader.Printer printer) {
    consumer.subscribe(
        List.of(topic),
        new RebalanceListener() {
          @Override
          public void onLost(Set<TopicPartition> partitions) {
            printedTo.keySet().removeAll(partitions);
          }
        });
    PrintStream out = context.out();
    boolean atEnd = false;
    while (!stopped && printed < max && !(atEnd && !follow) && !out.checkError()) {
      List<ConsumerRecord> records = consumer.poll(POLL);
      notes.look(consumer.trouble());
      for (ConsumerRecord record : records) {
        if (printed < max) {
          print(record, printer, out);
        }
      }
      out.flush();
      commit(out);
      atEnd = records.isEmpty() && isAtEnd();
    }
  }

  /** Ends soon. Any thread. */
  void stop() {
    stopped = true;
    consumer.wakeup();
  }

  private void print(ConsumerRecord record, RangeReader.Printer printer, PrintStream out) {
    printer.print(record, out);
    printed++;
    printedTo.put(
        new TopicPartition(record.topic(), record.partition()),
        OffsetAndMetadata.of(record.offset() + 1));
  }

  private void commit(PrintStream out) {
    if (!printedTo.isEmpty() && !out.checkError()) {
      consumer.commitSync(printedTo);
    }
    printedTo.clear();
  }

  private boolean isAtEnd() {
    Set<TopicPartition> given = consumer.assignment();
    return !given.isEmpty()
        && given.stream().allMatch(partition -> consumer.lag(partition).orElse(1) == 0);
  }
}
