package io.millrace.cli;

import io.millrace.broker.log.inspect.Finding;
import io.millrace.broker.log.inspect.LogInUseException;
import io.millrace.broker.log.inspect.LogVerifier;
import io.millrace.broker.log.inspect.VerifyOptions;
import io.millrace.broker.log.inspect.VerifyReport;
import io.millrace.common.file.RealFileStore;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace log verify}. */
@Command(
    name = "verify",
    description = {
      "Checks the logs of a stopped broker: checksums, offsets, epochs, records, indexes.",
      "Exit code 1 if anything is damaged."
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} log verify data",
      "  ${ROOT-COMMAND-NAME} log verify data/orders-0 -o json",
    })
final class LogVerify implements Callable<Integer> {
  private final CliContext context;

  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(paramLabel = "PATH", description = "A data directory, or a partition's in it.")
  private Path path = Path.of("");

  @Option(
      names = "--even-if-in-use",
      description = "Check beside a running broker; what it is writing may then look damaged.")
  private boolean evenIfInUse;

  LogVerify(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    VerifyOptions full = VerifyOptions.FULL;
    VerifyReport report =
        verify(new VerifyOptions(evenIfInUse, full.records(), full.maxDecompressedBytes()));
    output.print(context, () -> data(report), () -> text(report));
    return report.isIntact() ? 0 : ErrorReports.FAILURE;
  }

  private VerifyReport verify(VerifyOptions options) {
    try {
      return LogVerifier.verify(new RealFileStore(), path, options);
    } catch (LogInUseException e) {
      throw new CliException(
          String.valueOf(e.getMessage()), "stop the broker first, or:  --even-if-in-use");
    } catch (NoSuchFileException e) {
      throw new CliException("there is no " + path);
    } catch (IOException e) {
      throw new CliException(String.valueOf(e.getMessage()));
    }
  }

  private static Map<String, Object> data(VerifyReport report) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("intact", report.isIntact());
    data.put("errors", report.errors());
    data.put("warnings", report.warnings());
    data.put("partitions", report.counts().partitions());
    data.put("segments", report.counts().segments());
    data.put("batches", report.counts().batches());
    data.put("records", report.counts().records());
    data.put("bytes", report.counts().bytes());
    data.put("findings", report.findings().stream().map(LogVerify::data).toList());
    return data;
  }

  private static Map<String, Object> data(Finding finding) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("severity", finding.severity().name().toLowerCase(Locale.ROOT));
    data.put("file", finding.file().toString());
    data.put("position", finding.position());
    data.put("what", finding.what());
    return data;
  }

  private static String batches(long number) {
    return String.format(Locale.ROOT, "%,d %s, ", number, number == 1 ? "batch" : "batches");
  }

  private static String text(VerifyReport report) {
    StringBuilder text = new StringBuilder();
    for (Finding finding : report.findings()) {
      text.append(finding).append('\n');
    }
    long unlisted = report.errors() + report.warnings() - report.findings().size();
    if (unlisted > 0) {
      text.append("and ").append(TopicReports.count(unlisted, "more finding")).append('\n');
    }
    VerifyReport.Counts counts = report.counts();
    return text.append(report.isIntact() ? "intact: " : "DAMAGED: ")
        .append(TopicReports.count(report.errors(), "error"))
        .append(", ")
        .append(TopicReports.count(report.warnings(), "warning"))
        .append(" in ")
        .append(TopicReports.count(counts.partitions(), "partition"))
        .append(", ")
        .append(TopicReports.count(counts.segments(), "segment"))
        .append(", ")
        .append(batches(counts.batches()))
        .append(TopicReports.count(counts.records(), "record"))
        .append(", ")
        .append(TopicReports.count(counts.bytes(), "byte"))
        .append('\n')
        .toString();
  }
}
