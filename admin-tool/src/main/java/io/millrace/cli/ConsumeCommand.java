package io.millrace.cli;

import io.millrace.cli.record.JsonRecords;
import io.millrace.cli.record.RecordFormat;
import io.millrace.client.api.Admin;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.GroupConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetReset;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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
      "Records of a partition come in their order.",
      "With --group, what the group gives to this command, from where it has committed; what is"
          + " printed is committed."
    },
    footer = {
      "%nFormat: %%t topic, %%p partition, %%o offset, %%T timestamp (ms), %%k key, %%v value,"
          + " %%h headers,",
      "\\n line feed, \\t tab; %%xk %%bk %%jk, and so on for v and h: in hex, in base64, as JSON.",
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} consume orders --format '%%p %%o %%k %%v\\n'",
      "  ${ROOT-COMMAND-NAME} consume orders --from latest --follow",
      "  ${ROOT-COMMAND-NAME} consume orders --from 15m -o json",
      "  ${ROOT-COMMAND-NAME} consume orders --from -10 --format '%%o %%xv\\n'",
      "  ${ROOT-COMMAND-NAME} consume orders --group billing --follow",
      "  ${ROOT-COMMAND-NAME} consume orders -p 0,2 --from 2026-01-31 --to 2026-02-01",
    })
final class ConsumeCommand implements Callable<Integer> {
  private final CliContext context;

  @Spec private CommandSpec command = CommandSpec.create();
  @Mixin private ConnectionOptions connection = new ConnectionOptions();

  @Parameters(paramLabel = "TOPIC", description = "The topic.")
  private String topic = "";

  @Option(
      names = "--from",
      paramLabel = "PLACE",
      description = {
        "The first record: earliest, latest, an offset, -N for the last N of each partition, a time"
            + " (2026-01-31T12:00:00Z, 2026-01-31, @MILLISECONDS) or an age (15m).",
        "Default: earliest."
      })
  private String from = "earliest";

  @Option(
      names = "--to",
      paramLabel = "PLACE",
      description = {
        "The first record not to print, of each partition, in the same forms; with --follow an"
            + " offset.",
        "Default: the end that the log has now."
      })
  private Optional<String> to = Optional.empty();

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
  private RecordFormat format = RecordFormat.parse("%v\\n");

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
      names = "--group",
      paramLabel = "GROUP",
      description =
          "Read as a member of this group, together with its others. --from says where to begin where"
              + " it has committed nothing: earliest, latest or an age.")
  private Optional<String> group = Optional.empty();

  @Option(
      names = "--rack",
      paramLabel = "RACK",
      description =
          "Where this command runs: partitions are read from an in-sync replica in that rack, if"
              + " there is one, and else from their leaders.")
  private String rack = "";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "json prints an object a line instead of --format.")
  private Optional<OutputFormat> output = Optional.empty();

  ConsumeCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    Place first = place("--from", from);
    Optional<Place> last = to.map(text -> place("--to", text));
    check(first, last);
    OutageNotes notes = new OutageNotes(context, connection.timeout());
    if (group.isPresent()) {
      consumeInGroup(group.get(), first, notes);
      return 0;
    }
    try (MillraceClient client = connection.connect(context);
        Consumer consumer = client.consumer(ConsumerConfig.builder().rack(rack).build())) {
      Admin admin = client.admin();
      RecordRange.LookUp lookUp = new RecordRange.LookUp(admin, choose(admin), notes);
      RecordRange range = RecordRange.of(lookUp, first, last, follow);
      RangeReader reader = new RangeReader(context, consumer, lookUp, notes);
      long printed = reader.print(range, max, printer());
      explainNothing(printed, range, first);
    }
    return 0;
  }

  private void consumeInGroup(String groupId, Place first, OutageNotes notes) {
    ConsumerConfig config =
        ConsumerConfig.builder()
            .group(groupConfig(groupId))
            .offsetReset(reset(first))
            .rack(rack)
            .build();
    try (MillraceClient client = connection.connect(context)) {
      choose(client.admin());
      CountDownLatch left = new CountDownLatch(1);
      try (Consumer consumer = client.consumer(config)) {
        GroupReader reader = new GroupReader(context, consumer, notes);
        try (CliContext.OnInterrupt hook = context.onInterrupt(() -> leave(reader, left))) {
          reader.print(topic, follow, max, printer());
          consumer.close();
        } finally {
          left.countDown();
        }
      }
    }
  }

  /** On an interrupt the group is left first, so that others have the partitions at once. */
  private static void leave(GroupReader reader, CountDownLatch left) {
    reader.stop();
    try {
      boolean done = left.await(Consumer.CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
      Runtime.getRuntime().halt(done ? CliContext.INTERRUPTED : ErrorReports.FAILURE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private GroupConfig groupConfig(String groupId) {
    try {
      return GroupConfig.builder(groupId).withoutAutoCommit().build();
    } catch (IllegalArgumentException e) {
      throw mistake("--group: " + e.getMessage());
    }
  }

  private OffsetReset reset(Place first) {
    if (first instanceof Place.Known known) {
      if (known.spec() instanceof OffsetSpec.Earliest) {
        return OffsetReset.EARLIEST;
      }
      if (known.spec() instanceof OffsetSpec.Latest) {
        return OffsetReset.LATEST;
      }
      if (known.spec() instanceof OffsetSpec.AtTime at) {
        return OffsetReset.byAge(
            Duration.ofMillis(Math.max(0, context.clock().wallMs() - at.timestampMs())));
      }
    }
    throw mistake("--from " + from + " with --group (expected: earliest, latest or an age)");
  }

  /** What is wrong whatever is in the topic. */
  private void check(Place first, Optional<Place> last) {
    if (output.isPresent() && output.get() != OutputFormat.json) {
      throw mistake("-o " + output.get() + ": consume prints --format or json");
    }
    if (group.isPresent() && (last.isPresent() || !partitions.isEmpty())) {
      throw mistake(
          (last.isPresent() ? "--to" : "--partition") + " with --group, which says what to read");
    }
    Optional<Long> end = last.flatMap(ConsumeCommand::offset);
    if (follow && last.isPresent() && end.isEmpty()) {
      throw mistake("--to " + to.get() + " with --follow (expected: an offset)");
    }
    Optional<Long> start = offset(first);
    if (start.isPresent() && end.isPresent() && start.get() > end.get()) {
      throw mistake("--to " + end.get() + " (expected: " + start.get() + " or more, as --from is)");
    }
  }

  private static Optional<Long> offset(Place place) {
    return place instanceof Place.Known known && known.spec() instanceof OffsetSpec.AtOffset at
        ? Optional.of(at.offset())
        : Optional.empty();
  }

  private Place place(String option, String text) {
    try {
      return Place.parse(text, context.clock().wallMs());
    } catch (TypeConversionException e) {
      throw mistake(option + ": " + e.getMessage());
    }
  }

  private ParameterException mistake(String what) {
    return new ParameterException(command.commandLine(), what);
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

  private RangeReader.Printer printer() {
    RecordFormat pattern = format.withNull(nullText);
    return output.isPresent()
        ? (record, out) -> out.println(JsonRecords.line(record))
        : pattern::write;
  }

  /** An offset beyond the end is likely a mistake, though not an error: it may come to exist. */
  private void explainNothing(long printed, RecordRange range, Place first) {
    offset(first)
        .filter(offset -> printed == 0 && !follow && offset > range.logEnd())
        .ifPresent(
            offset ->
                context
                    .err()
                    .println(
                        "no records yet at offset "
                            + offset
                            + "; the log ends at "
                            + range.logEnd()));
  }
}
