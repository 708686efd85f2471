package io.millrace.common.config;

/** Writes the reference page from the keys themselves. */
public final class ConfigReference {
  private ConfigReference() {}

  /**
   * A schema's keys as Markdown, a table for each section.
   *
   * @param variables true to name the environment variables
   */
  public static String markdown(ConfigSchema schema, boolean variables) {
    StringBuilder page = new StringBuilder();
    for (ConfigSchema.Section section : schema.sections()) {
      page.append("## ").append(section.title()).append("\n\n");
      page.append(variables ? "| key, variable" : "| key");
      page.append(" | type | default | bounds | meaning |\n|---|---|---|---|---|\n");
      section.keys().forEach(key -> page.append(row(key, variables)));
      page.append('\n');
    }
    return page.toString();
  }

  private static <T> String row(ConfigKey<T> key, boolean variable) {
    String name = "`" + key.name() + "`";
    if (variable) {
      name += "<br>`" + key.environmentVariable() + "`";
    }
    String value = key.type().describe(key.defaultValue());
    return String.join(
            " | ",
            "| " + name,
            key.type().label(),
            value.isEmpty() ? "(empty)" : value,
            key.bounds(),
            key.doc().replace("|", "\\|"))
        + " |\n";
  }
}
