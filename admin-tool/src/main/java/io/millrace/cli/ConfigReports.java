package io.millrace.cli;

import io.millrace.client.api.ConfigDescription;
import io.millrace.client.api.ConfigDescription.Synonym;
import io.millrace.client.api.ConfigValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Settings of the cluster for people and for programs. */
final class ConfigReports {
  private ConfigReports() {}

  /** A line for each setting. */
  static Table table(List<ConfigDescription> configs, boolean wide) {
    Table table =
        wide
            ? new Table("SETTING", "VALUE", "SOURCE", "CHANGEABLE", "PLACE", "TYPE", "MEANING")
            : new Table("SETTING", "VALUE", "SOURCE", "CHANGEABLE");
    for (ConfigDescription c : configs) {
      String changeable = c.readOnly() ? "no" : "yes";
      if (wide) {
        String place = c.synonyms().isEmpty() ? "" : c.synonyms().get(0).place();
        table.row(
            c.key(),
            shown(c.value()),
            source(c.source()),
            changeable,
            place,
            type(c),
            c.meaning().documentation());
      } else {
        table.row(c.key(), shown(c.value()), source(c.source()), changeable);
      }
    }
    return table;
  }

  /** A line for each value of each setting, the one in force first. */
  static Table layers(List<ConfigDescription> configs) {
    Table table = new Table("SETTING", "IN FORCE", "VALUE", "SOURCE", "SET AS", "PLACE");
    for (ConfigDescription c : configs) {
      boolean first = true;
      for (Synonym s : c.synonyms()) {
        table.row(
            first ? c.key() : "",
            first ? "yes" : "",
            shown(s.value()),
            source(s.source()),
            s.key(),
            s.place());
        first = false;
      }
    }
    return table;
  }

  static Map<String, Object> data(ConfigDescription config) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("key", config.key());
    config.value().ifPresent(value -> data.put("value", value));
    data.put("source", source(config.source()));
    data.put("read_only", config.readOnly());
    data.put("sensitive", config.sensitive());
    data.put("type", config.meaning().type());
    data.put("bounds", config.meaning().bounds());
    data.put("documentation", config.meaning().documentation());
    data.put("synonyms", config.synonyms().stream().map(ConfigReports::data).toList());
    return data;
  }

  private static Map<String, Object> data(Synonym synonym) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("key", synonym.key());
    synonym.value().ifPresent(value -> data.put("value", value));
    data.put("source", source(synonym.source()));
    data.put("place", synonym.place());
    return data;
  }

  private static String shown(Optional<String> value) {
    return value.orElse("(secret)");
  }

  private static String type(ConfigDescription config) {
    String bounds = config.meaning().bounds();
    return bounds.isEmpty() ? config.meaning().type() : config.meaning().type() + ", " + bounds;
  }

  private static String source(ConfigValue.Source source) {
    return source.name().toLowerCase(Locale.ROOT);
  }
}
