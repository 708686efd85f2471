package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code millrace topic delete-records}. */
@Command(
    name = "delete-records",
    description = {
      "Deletes the records of partitions before an offset, on all replicas, without asking.",
      "--validate-only shows what would go. It is over when the records are gone from all replicas"
          + " that are in sync or alive; if that takes longer than --timeout, the command names the"
          + " brokers that still have some, and the deletion goes on.",
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} topic delete-records orders --partition 0,1 --before-offset end",
      "  ${ROOT-COMMAND-NAME} topic delete-records orders -p 0 --before-offset 9 --validate-only",
    })
final class TopicDeleteRecords implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(paramLabel = "TOPIC", description = "The topic.")
  private String topic = "";

  @Option(
      names = {"-p", "--partition"},
      required = true,
      paramLabel = "N[,N…]",
      split = ",",
      converter = Numbers.NotNegative.class,
      description = "The partitions.")
  private List<Integer> partitions = List.of();

  @Option(
      names = "--before-offset",
      required = true,
      paramLabel = "N|end",
      converter = Before.Converter.class,
      description = "The first offset to keep; end is the high watermark of each partition.")
  private Before before = new Before(OptionalLong.empty());

  @Option(names = "--validate-only", description = "Only look what would be deleted.")
  private boolean validateOnly;

  TopicDeleteRecords(CliContext context) {
    this.context = context;
  }

  /** The first offset to keep; empty for the end of each partition. */
  private record Before(OptionalLong offset) {
    /** Reads it. */
    static final class Converter implements ITypeConverter<Before> {
      @Override
      public Before convert(String value) {
        if (value.equals("end")) {
          return new Before(OptionalLong.empty());
        }
        if (!value.matches("\\d{1,18}")) {
          throw new TypeConversionException("'" + value + "' (expected: an offset, or end)");
        }
        return new Before(OptionalLong.of(Long.parseLong(value)));
      }
    }
  }

  /**
   * What is deleted of a partition.
   *
   * @param start its first offset before
   * @param before the first offset to keep
   */
  private record Share(TopicPartition partition, long start, long before) {
    long offsets() {
      return Math.max(0, before - start);
    }
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      List<Share> shares = shares(client.admin());
      if (!validateOnly) {
        delete(client.admin(), shares);
      }
      output.print(context, () -> data(shares), () -> text(shares));
    }
    return 0;
  }

  private List<Share> shares(Admin admin) {
    Map<TopicPartition, Long> starts = offsets(admin, OffsetSpec.earliest());
    Map<TopicPartition, Long> ends = offsets(admin, OffsetSpec.latest());
    List<Share> shares = new ArrayList<>();
    starts.forEach(
        (partition, start) -> {
          long end = Objects.requireNonNull(ends.get(partition));
          long until = before.offset().orElse(end);
          if (until > end) {
            throw new CliException(
                "--before-offset: %d (expected: up to %d, where the committed records of %s end, or end)"
                    .formatted(until, end, partition));
          }
          shares.add(new Share(partition, start, until));
        });
    return shares;
  }

  private Map<TopicPartition, Long> offsets(Admin admin, OffsetSpec place) {
    Map<TopicPartition, OffsetSpec> places =
        partitions.stream()
            .distinct()
            .collect(Collectors.toMap(number -> new TopicPartition(topic, number), any -> place));
    try {
      return new TreeMap<>(admin.offsets(places));
    } catch (MillraceException e) {
      throw e.code() == ErrorCode.UNKNOWN_TOPIC
          ? ErrorReports.unknownTopicToDelete(context, topic)
          : e;
    }
  }

  /** Just what was looked at: of what comes meanwhile nothing is deleted. */
  private static void delete(Admin admin, List<Share> shares) {
    Map<TopicPartition, Long> offsets = new TreeMap<>();
    shares.forEach(share -> offsets.put(share.partition(), share.before()));
    admin.deleteRecords(offsets);
  }

  private Map<String, Object> data(List<Share> shares) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("topic", topic);
    data.put("changed", !validateOnly);
    data.put("partitions", shares.stream().map(TopicDeleteRecords::data).toList());
    return data;
  }

  private static Map<String, Object> data(Share share) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("partition", share.partition().partition());
    data.put("former_start_offset", share.start());
    data.put("start_offset", Math.max(share.start(), share.before()));
    data.put("offsets", share.offsets());
    return data;
  }

  private String text(List<Share> shares) {
    Table table = new Table("PARTITION", "FROM", "BEFORE", "OFFSETS");
    for (Share share : shares) {
      table.row(
          share.partition().partition(),
          share.start(),
          Math.max(share.start(), share.before()),
          share.offsets());
    }
    long offsets = shares.stream().mapToLong(Share::offsets).sum();
    return table
        + (validateOnly ? "would delete " : "deleted ")
        + TopicReports.count(offsets, "offset")
        + " of "
        + topic
        + (validateOnly ? "; nothing was changed\n" : "\n");
  }
}
