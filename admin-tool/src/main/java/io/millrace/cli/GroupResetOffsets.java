package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.GroupOffsetChange;
import io.millrace.client.api.GroupOffsetTarget;
import io.millrace.client.api.MillraceClient;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code millrace group reset-offsets}. */
@Command(
    name = "reset-offsets",
    description = {
      "Moves what a group without members has committed. Only tells what it would do, unless"
          + " --execute is given. A place out of a log's range becomes its start or end.",
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} group reset-offsets billing --topic orders --to earliest",
      "  ${ROOT-COMMAND-NAME} group reset-offsets billing --topic orders:0 --to 1200 --execute",
      "  ${ROOT-COMMAND-NAME} group reset-offsets billing --all-topics --to 2h --execute"
          + "   (two hours ago)",
      "  ${ROOT-COMMAND-NAME} group reset-offsets billing --all-topics --shift -100 --execute",
    })
final class GroupResetOffsets implements Callable<Integer> {
  private final CliContext context;

  @Spec private CommandSpec command = CommandSpec.create();
  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();
  @Mixin private GroupPartitions partitions = new GroupPartitions();

  @Parameters(paramLabel = "GROUP", description = "The group; it need not exist yet.")
  private String name = "";

  @Option(
      names = "--to",
      paramLabel = "PLACE",
      description =
          "earliest, latest, an offset, a time (2026-01-31T12:00:00Z, 2026-01-31, @MILLISECONDS) or"
              + " an age (15m).")
  private Optional<String> to = Optional.empty();

  @Option(
      names = "--shift",
      paramLabel = "N",
      description = "So many offsets on, or back if it is negative.")
  private Optional<Long> shift = Optional.empty();

  @Option(names = "--execute", description = "Do it.")
  private boolean execute;

  GroupResetOffsets(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    GroupOffsetTarget target = target();
    partitions.check();
    try (MillraceClient client = connection.connect(context)) {
      Admin admin = client.admin();
      List<GroupOffsetChange> changes =
          change(admin, partitions.choose(context, admin, name), target);
      output.print(context, () -> data(changes), () -> text(changes));
    }
    return 0;
  }

  private GroupOffsetTarget target() {
    if (to.isPresent() == shift.isPresent()) {
      throw mistake("where to? --to PLACE or --shift N");
    }
    if (shift.isPresent()) {
      return GroupOffsetTarget.shift(shift.get());
    }
    String text = to.orElseThrow();
    try {
      if (Place.parse(text, context.clock().wallMs()) instanceof Place.Known known) {
        return GroupOffsetTarget.to(known.spec());
      }
    } catch (TypeConversionException e) {
      throw mistake("--to: " + e.getMessage());
    }
    throw mistake("--to " + text + " (expected: a place; --shift " + text + " moves it back)");
  }

  private ParameterException mistake(String what) {
    return new ParameterException(command.commandLine(), what);
  }

  private List<GroupOffsetChange> change(
      Admin admin, Set<TopicPartition> chosen, GroupOffsetTarget target) {
    try {
      return execute
          ? admin.alterGroupOffsets(name, chosen, target)
          : admin.validateGroupOffsets(name, chosen, target);
    } catch (MillraceException e) {
      throw GroupReports.explained(context, name, admin, e);
    }
  }

  private Map<String, Object> data(List<GroupOffsetChange> changes) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("group", name);
    data.put("executed", execute);
    data.put("changes", changes.stream().map(GroupResetOffsets::data).toList());
    return data;
  }

  private static Map<String, @Nullable Object> data(GroupOffsetChange change) {
    Map<String, @Nullable Object> data = new LinkedHashMap<>();
    data.put("topic", change.partition().topic());
    data.put("partition", change.partition().partition());
    data.put("from", change.from().isPresent() ? (Long) change.from().getAsLong() : null);
    data.put("to", change.to());
    return data;
  }

  private String text(List<GroupOffsetChange> changes) {
    if (changes.isEmpty()) {
      return "group " + name + " has committed nothing; nothing was changed\n";
    }
    Table table = new Table("TOPIC", "PARTITION", "FROM", "TO");
    changes.forEach(
        change ->
            table.row(
                change.partition().topic(),
                change.partition().partition(),
                change.from().isPresent() ? change.from().getAsLong() : "-",
                change.to()));
    return table + (execute ? "" : "nothing was changed; --execute does it\n");
  }
}
