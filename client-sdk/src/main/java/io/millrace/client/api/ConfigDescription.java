package io.millrace.client.api;

import java.util.List;
import java.util.Optional;

/**
 * A setting in force, with what is known of it.
 *
 * @param key the key, for example {@code retention.ms}
 * @param value the value as text; empty if it is sensitive
 * @param source where the value comes from
 * @param readOnly whether it can't be changed through the cluster here
 * @param sensitive whether the value is shown to nobody
 * @param meaning what it does
 * @param synonyms the value in force and those that it goes before, in that order
 */
public record ConfigDescription(
    String key,
    Optional<String> value,
    ConfigValue.Source source,
    boolean readOnly,
    boolean sensitive,
    Meaning meaning,
    List<Synonym> synonyms) {
  public ConfigDescription {
    synonyms = List.copyOf(synonyms);
  }

  /**
   * What a setting does.
   *
   * @param type what values look like
   * @param bounds the bounds of a number, or empty
   * @param documentation a sentence or two
   */
  public record Meaning(String type, String bounds, String documentation) {}

  /**
   * One of several values for the same.
   *
   * @param key the key under which it is set
   * @param value the value as text; empty if it is sensitive
   * @param source where it is set
   * @param place the file and line, the variable or the flag; empty for others
   */
  public record Synonym(
      String key, Optional<String> value, ConfigValue.Source source, String place) {}
}
