package io.millrace.common.config;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The settings that belong together, in the order of the reference. Immutable. */
public final class ConfigSchema {
  private final String subject;
  private final Map<String, ConfigKey<?>> keys;
  private final List<Section> sections;

  /**
   * Some keys under a title.
   *
   * @param title the title in the reference
   * @param keys the keys in their order
   */
  public record Section(String title, List<ConfigKey<?>> keys) {
    public Section {
      keys = List.copyOf(keys);
    }
  }

  /**
   * A schema.
   *
   * @param subject what is configured, for messages: {@code "setting"} or {@code "topic
   *     configuration"}
   * @throws IllegalArgumentException if two keys have one name
   */
  public ConfigSchema(String subject, List<Section> sections) {
    this.subject = subject;
    this.sections = List.copyOf(sections);
    Map<String, ConfigKey<?>> byName = new LinkedHashMap<>();
    for (Section section : sections) {
      for (ConfigKey<?> key : section.keys()) {
        if (byName.put(key.name(), key) != null) {
          throw new IllegalArgumentException("two keys are named " + key.name());
        }
      }
    }
    this.keys = Collections.unmodifiableMap(byName);
  }

  /** The keys in their order. */
  public Collection<ConfigKey<?>> keys() {
    return keys.values();
  }

  /** The keys by section. */
  public List<Section> sections() {
    return sections;
  }

  /** The key of that name. */
  public Optional<ConfigKey<?>> find(String name) {
    return Optional.ofNullable(keys.get(name));
  }

  /**
   * The key of that name.
   *
   * @throws MillraceException with {@link ErrorCode#INVALID_CONFIG} if there is none, naming the
   *     nearest
   */
  public ConfigKey<?> require(String name) {
    return find(name).orElseThrow(() -> unknown(name).exception());
  }

  /**
   * Checks values and writes them as the software would: {@code 64KB} becomes {@code 65536}.
   *
   * @throws MillraceException with {@link ErrorCode#INVALID_CONFIG} for the first key that is
   *     unknown or has a bad value
   */
  public Map<String, String> canonical(Map<String, String> values) {
    Map<String, String> result = new LinkedHashMap<>();
    values.forEach((name, text) -> result.put(name, canonical(require(name), text)));
    return result;
  }

  private static <T> String canonical(ConfigKey<T> key, String text) {
    return key.type().render(key.parse(text));
  }

  private MillraceError unknown(String name) {
    Optional<String> nearest = NearestName.of(name, new ArrayList<>(keys.keySet()));
    String hint = nearest.map(known -> "; did you mean " + known + "?").orElse("");
    Map<String, String> details = new LinkedHashMap<>();
    details.put("key", name);
    nearest.ifPresent(known -> details.put("nearest", known));
    return new MillraceError(
        ErrorCode.INVALID_CONFIG, "unknown " + subject + ": " + name + hint, details);
  }
}
