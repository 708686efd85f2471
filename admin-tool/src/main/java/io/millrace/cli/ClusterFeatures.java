package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.FeatureLevels;
import io.millrace.client.api.MillraceClient;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace cluster features}. */
@Command(
    name = "features",
    description = {
      "Shows the cluster's feature level, which says what formats are written, or raises it: after"
          + " all nodes run a newer version.",
      "It is never lowered.",
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} cluster features",
      "  ${ROOT-COMMAND-NAME} cluster features --set 2 --validate-only",
    })
final class ClusterFeatures implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Option(
      names = "--set",
      paramLabel = "LEVEL",
      converter = Numbers.AtLeastOne.class,
      description = "The new level.")
  private Optional<Integer> level = Optional.empty();

  @Option(names = "--validate-only", description = "Only look whether it would be accepted.")
  private boolean validateOnly;

  ClusterFeatures(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      FeatureLevels levels = levels(client.admin());
      output.print(context, () -> data(levels), () -> text(levels));
    }
    return 0;
  }

  private FeatureLevels levels(Admin admin) {
    if (level.isEmpty()) {
      return admin.features();
    }
    return validateOnly ? admin.validateFeatures(level.get()) : admin.updateFeatures(level.get());
  }

  private static Map<String, Object> data(FeatureLevels levels) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("level", levels.level());
    data.put("min_supported_level", levels.minSupported());
    data.put("max_supported_level", levels.maxSupported());
    return data;
  }

  private String text(FeatureLevels levels) {
    boolean onlyLooked = level.isPresent() && validateOnly;
    return (onlyLooked ? "would be accepted; nothing was changed\n" : "")
        + "feature level "
        + levels.level()
        + "; all brokers can run at "
        + levels.minSupported()
        + " to "
        + levels.maxSupported()
        + "\n";
  }
}
