package io.millrace.cli;

import io.millrace.cli.record.JsonRecords;
import io.millrace.cli.record.RecordFormat;
import io.millrace.client.api.Admin;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.OffsetsFound;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code millrace consume}. */
@Command(
    name = "consume",
    description = {
      "Prints a topic's records up to the end that it has now, or on and on with --follow.",
      "Records of a partition come in their order."
    },
    footer = {
      "%nFormat: %%t topic, %%p partition, %%o offset, %%T timestamp (ms), %%k key, %%v value,"
          + " %%h headers,",
      "\\n line feed, \\t tab; %%xk %%bk %%jk, and so on for v and h: in hex, in base64, as JSON.",
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} consume orders --format '%%p %%o %%k %%v\\n'",
      "  ${ROOT-COMMAND-NAME} consume orders --from latest --follow",
      "  ${ROOT-COMMAND-NAME} consume orders --from 15m -o json",
    })
final class ConsumeCommand implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(200);

  private static final int MOST_PLACES = 8;

  private final CliContext context;

  @Spec private CommandSpec command = CommandSpec.create();
  @Mixin private ConnectionOptions connection = new ConnectionOptions();

  @Parameters(paramLabel = "TOPIC", description = "The topic.")
  private String topic = "";

  @Option(
      names = "--from",
      paramLabel = "PLACE",
      description =
          "earliest, latest, an offset, a time (2026-01-31T12:00:00Z) or an age (15m). Default:"
              + " earliest.")
  private String from = "earliest";

  @Option(
      names = {"-n", "--max"},
      paramLabel = "N",
      converter = Numbers.NotNegativeLong.class,
      description = "End after so many records.")
  private long max = Long.MAX_VALUE;

  @Option(
      names = "--format",
      paramLabel = "PATTERN",
      converter = RecordFormat.Converter.class,
      description = "How a record is printed. Default: '%%v\\n'.")
  private RecordFormat pattern = RecordFormat.parse("%v\\n");

  @Option(
      names = "--null",
      paramLabel = "TEXT",
      description =
          "What --format prints for a key, value or header that is null. Default: nothing.")
  private String nullText = "";

  @Option(
      names = {"-p", "--partition"},
      paramLabel = "N",
      split = ",",
      converter = Numbers.NotNegative.class,
      description = "Only these partitions; may be repeated.")
  private List<Integer> partitions = new ArrayList<>();

  @Option(
      names = "--follow",
      description =
          "Do not end: wait for new records. A broker that is lost is waited for as long as"
              + " --timeout; only then does the command end, with exit code 1.")
  private boolean follow;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "json prints an object a line instead of --format.")
  private Optional<OutputFormat> output = Optional.empty();

  private RecordFormat format = pattern;
  private long printed;

  ConsumeCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    if (output.isPresent() && output.get() != OutputFormat.json) {
      throw new ParameterException(
          command.commandLine(), "-o " + output.get() + ": consume prints --format or json");
    }
    format = pattern.withNull(nullText);
    OffsetSpec start = start();
    OutageNotes notes = new OutageNotes(context, connection.timeout());
    try (MillraceClient client = connection.connect(context);
        Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      List<TopicPartition> chosen = choose(client.admin());
      Map<TopicPartition, Long> ends =
          follow ? Map.of() : offsets(client.admin(), chosen, OffsetSpec.latest(), notes);
      offsets(client.admin(), chosen, start, notes)
          .forEach((partition, offset) -> consumer.assign(partition, OffsetSpec.offset(offset)));
      consume(consumer, ends, notes);
      explainNothing(start, ends);
    }
    return 0;
  }

  private OffsetSpec start() {
    try {
      return StartPlace.parse(from, context.clock().wallMs());
    } catch (TypeConversionException e) {
      throw new ParameterException(command.commandLine(), "--from: " + e.getMessage());
    }
  }

  private List<TopicPartition> choose(Admin admin) {
    int count;
    try {
      count = admin.describeTopic(topic).partitions().size();
    } catch (MillraceException e) {
      throw e.code() == ErrorCode.UNKNOWN_TOPIC
          ? ErrorReports.unknownTopic(context, topic, admin::listTopics)
          : e;
    }
    List<TopicPartition> chosen = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (partitions.isEmpty() || partitions.contains(i)) {
        chosen.add(new TopicPartition(topic, i));
      }
    }
    for (int wanted : partitions) {
      if (wanted >= count) {
        throw new CliException(
            topic + " has no partition " + wanted + " (expected: 0 to " + (count - 1) + ")");
      }
    }
    return chosen;
  }

  private static Map<TopicPartition, Long> offsets(
      Admin admin, List<TopicPartition> chosen, OffsetSpec place, OutageNotes notes) {
    Map<TopicPartition, OffsetSpec> places = new TreeMap<>();
    chosen.forEach(partition -> places.put(partition, place));
    OffsetsFound now = admin.offsetsNow(places);
    if (now.unknown().isEmpty()) {
      return now.offsets();
    }
    notes.tell(new TreeMap<>(now.unknown()).firstEntry().getValue());
    places.keySet().retainAll(now.unknown().keySet());
    Map<TopicPartition, Long> all = new HashMap<>(now.offsets());
    all.putAll(admin.offsets(places));
    notes.look(Optional.empty());
    return all;
  }

  /** An offset beyond the end is likely a mistake, though not an error: it may come to exist. */
  private void explainNothing(OffsetSpec start, Map<TopicPartition, Long> ends) {
    long end = ends.values().stream().mapToLong(Long::longValue).max().orElse(0);
    if (printed == 0 && start instanceof OffsetSpec.AtOffset at && at.offset() > end) {
      context.err().println("no records yet at offset " + at.offset() + "; the log ends at " + end);
    }
  }

  private void consume(Consumer consumer, Map<TopicPartition, Long> ends, OutageNotes notes) {
    PrintStream out = context.out();
    Duration wait = Duration.ZERO;
    while (printed < max && !out.checkError()) {
      List<ConsumerRecord> records = poll(consumer, wait);
      notes.look(consumer.trouble());
      for (ConsumerRecord record : records) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        if (printed < max && record.offset() < ends.getOrDefault(partition, Long.MAX_VALUE)) {
          print(record, out);
        }
      }
      if (!follow && atEnd(consumer, ends)) {
        break;
      }
      wait = POLL;
    }
    out.flush();
  }

  private List<ConsumerRecord> poll(Consumer consumer, Duration wait) {
    try {
      return consumer.poll(wait);
    } catch (MillraceException e) {
      context.out().flush();
      tellPositions(consumer);
      throw e;
    }
  }

  /** For whoever goes on later. */
  private void tellPositions(Consumer consumer) {
    String places =
        consumer.assignment().stream()
            .sorted()
            .limit(MOST_PLACES)
            .map(partition -> partition + " at offset " + consumer.position(partition))
            .collect(Collectors.joining(", "));
    context.err().println(TopicReports.count(printed, "record") + " printed; stopped in " + places);
  }

  private static boolean atEnd(Consumer consumer, Map<TopicPartition, Long> ends) {
    for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
      if (consumer.position(end.getKey()) < end.getValue()) {
        return false;
      }
    }
    return true;
  }

  private void print(ConsumerRecord record, PrintStream out) {
    printed++;
    if (output.isPresent()) {
      out.println(JsonRecords.line(record));
    } else {
      format.write(record, out);
    }
  }
}
