package io.millrace.cli;

import io.millrace.client.api.BrokerLogDirs;
import io.millrace.client.api.BrokerLogDirs.LogDir;
import io.millrace.client.api.MillraceClient;
import io.millrace.common.MillraceException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace broker log-dirs}. */
@Command(
    name = "log-dirs",
    description =
        "Shows the log directories of brokers: their state, their space, what lies there.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} broker log-dirs",
      "  ${ROOT-COMMAND-NAME} broker log-dirs 2 3 -o json",
    })
final class BrokerLogDirsCommand implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(
      arity = "0..*",
      paramLabel = "NODE",
      converter = Numbers.AtLeastOne.class,
      description = "Only of these brokers. Default: of all.")
  private List<Integer> nodes = List.of();

  BrokerLogDirsCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      List<BrokerLogDirs> brokers = client.admin().listLogDirs(new LinkedHashSet<>(nodes));
      output.print(
          context,
          () -> brokers.stream().map(BrokerLogDirsCommand::data).toList(),
          () -> text(brokers));
      return brokers.stream().allMatch(b -> b.error().isEmpty()) ? 0 : ErrorReports.FAILURE;
    } catch (MillraceException e) {
      throw BrokerReports.explained(context, e);
    }
  }

  private String text(List<BrokerLogDirs> brokers) {
    Table table =
        output.wide()
            ? new Table("NODE", "PATH", "STATE", "REPLICAS", "BYTES", "USABLE", "TOTAL", "ID")
            : new Table("NODE", "PATH", "STATE", "REPLICAS", "BYTES", "USABLE", "TOTAL");
    StringBuilder notes = new StringBuilder();
    for (BrokerLogDirs broker : brokers) {
      broker
          .error()
          .ifPresent(
              error -> {
                row(table, broker.nodeId(), "?", "unknown");
                notes.append(error.message()).append(" [").append(error.code()).append("]\n");
              });
      for (LogDir dir : broker.logDirs()) {
        row(table, broker.nodeId(), dir);
        if (!dir.whyOffline().isEmpty()) {
          notes.append("broker ").append(broker.nodeId()).append(", ").append(dir.path());
          notes.append(": ").append(dir.whyOffline()).append('\n');
        }
      }
    }
    return table.toString() + notes;
  }

  private void row(Table table, int node, String path, String state) {
    if (output.wide()) {
      table.row(node, path, state, "?", "?", "?", "?", "");
    } else {
      table.row(node, path, state, "?", "?", "?", "?");
    }
  }

  private void row(Table table, int node, LogDir dir) {
    String path = dir.path().isEmpty() ? "?" : dir.path();
    String state = dir.online() ? "online" : "offline";
    String bytes = BrokerReports.size(dir.replicaBytes());
    String usable = BrokerReports.size(dir.volume().usableBytes());
    String total = BrokerReports.size(dir.volume().totalBytes());
    if (output.wide()) {
      String id = dir.id().map(UUID::toString).orElse("");
      table.row(node, path, state, dir.replicas(), bytes, usable, total, id);
    } else {
      table.row(node, path, state, dir.replicas(), bytes, usable, total);
    }
  }

  private static Map<String, Object> data(BrokerLogDirs broker) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("node_id", broker.nodeId());
    data.put("log_dirs", broker.logDirs().stream().map(BrokerLogDirsCommand::data).toList());
    broker
        .error()
        .ifPresent(
            error -> {
              data.put("error", error.code().name());
              data.put("message", error.message());
            });
    return data;
  }

  private static Map<String, Object> data(LogDir dir) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("id", dir.id().map(UUID::toString).orElse(""));
    data.put("path", dir.path());
    data.put("state", dir.online() ? "online" : "offline");
    data.put("why_offline", dir.whyOffline());
    data.put("total_bytes", dir.volume().totalBytes());
    data.put("usable_bytes", dir.volume().usableBytes());
    data.put("replicas", dir.replicas());
    data.put("replica_bytes", dir.replicaBytes());
    return data;
  }
}
