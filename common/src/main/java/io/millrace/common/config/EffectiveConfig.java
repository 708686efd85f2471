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

/**
 * A value for every key of a schema, and where it comes from: defaults &lt; file &lt; environment
 * &lt; flags. Immutable.
 */
public final class EffectiveConfig {
  /** Environment variables that set something begin with this. */
  public static final String ENVIRONMENT_PREFIX = "MILLRACE_";

  private final ConfigSchema schema;
  private final Map<String, Setting<?>> settings;
  private final List<String> warnings;

  private EffectiveConfig(Builder builder) {
    this.schema = builder.schema;
    this.settings = Collections.unmodifiableMap(new LinkedHashMap<>(builder.settings));
    this.warnings = List.copyOf(builder.warnings);
  }

  /** Every key at its default. */
  public static EffectiveConfig defaults(ConfigSchema schema) {
    return builder(schema).build();
  }

  /** Starts from the defaults; each source that is added goes over the ones before. */
  public static Builder builder(ConfigSchema schema) {
    return new Builder(schema);
  }

  /** What is configured. */
  public ConfigSchema schema() {
    return schema;
  }

  /**
   * The value in force.
   *
   * @throws IllegalArgumentException if the key is not of this schema
   */
  public <T> T get(ConfigKey<T> key) {
    return setting(key).value();
  }

  /** The value with its origin. */
  @SuppressWarnings("unchecked") // Only put under its own key.
  public <T> Setting<T> setting(ConfigKey<T> key) {
    Setting<?> setting = settings.get(key.name());
    if (setting == null || setting.key() != key) {
      throw new IllegalArgumentException("no key of this schema: " + key);
    }
    return (Setting<T>) setting;
  }

  /**
   * The same with some values from a later source.
   *
   * @param ignored told of the keys that are not of this schema, or have a bad value
   */
  public EffectiveConfig with(Map<String, String> values, Origin origin, NotUnderstood ignored) {
    Builder builder = new Builder(schema);
    builder.settings.putAll(settings);
    builder.warnings.addAll(warnings);
    return builder.putUnderstood(values, origin, ignored).build();
  }

  /** All values in the order of the schema. */
  public Collection<Setting<?>> settings() {
    return settings.values();
  }

  /** What looks like a mistake but can't be told to be one: for the log. */
  public List<String> warnings() {
    return warnings;
  }

  /** Collects the sources. Not thread-safe. */
  public static final class Builder {
    private final ConfigSchema schema;
    private final Map<String, Setting<?>> settings = new LinkedHashMap<>();
    private final List<String> warnings = new ArrayList<>();

    private Builder(ConfigSchema schema) {
      this.schema = schema;
      for (ConfigKey<?> key : schema.keys()) {
        settings.put(key.name(), defaultOf(key));
      }
    }

    /**
     * Adds a file's contents.
     *
     * @param name what to call the file in messages
     * @throws MillraceException with {@link ErrorCode#INVALID_CONFIG}, naming the line
     */
    public Builder file(String name, String text) {
      for (ConfigFile.Line line : ConfigFile.parse(name, text)) {
        put(line.key(), line.value(), Origin.FILE, name + ":" + line.line());
      }
      return this;
    }

    /**
     * Adds environment variables: {@code MILLRACE_LOG_SEGMENT_BYTES} sets {@code
     * log.segment.bytes}.
     *
     * <p>A variable that begins so but sets nothing is only warned of when it looks like a mistyped
     * one: container platforms define such names by themselves.
     *
     * @throws MillraceException with {@link ErrorCode#INVALID_CONFIG}, naming the variable
     */
    public Builder environment(Map<String, String> variables) {
      Map<String, ConfigKey<?>> byVariable = new LinkedHashMap<>();
      schema.keys().forEach(key -> byVariable.put(key.environmentVariable(), key));
      variables.forEach(
          (variable, text) -> {
            ConfigKey<?> key = byVariable.get(variable);
            if (key != null) {
              put(key.name(), text, Origin.ENVIRONMENT, variable);
            } else if (variable.startsWith(ENVIRONMENT_PREFIX)) {
              warnOf(variable, byVariable.keySet());
            }
          });
      return this;
    }

    /**
     * Adds flags of the form {@code key=value}.
     *
     * @param flag how the flag is spelled, for messages: {@code --set}
     * @throws MillraceException with {@link ErrorCode#INVALID_CONFIG}, naming the flag
     */
    public Builder flags(String flag, Collection<String> assignments) {
      for (String assignment : assignments) {
        int equals = assignment.indexOf('=');
        String place = flag + " " + assignment;
        if (equals <= 0) {
          throw new MillraceException(
              ErrorCode.INVALID_CONFIG, place + " (expected: " + flag + " key=value)");
        }
        put(
            assignment.substring(0, equals).strip(),
            assignment.substring(equals + 1),
            Origin.FLAG,
            place);
      }
      return this;
    }

    /**
     * Sets one value from text.
     *
     * @param place where the text stands, for messages; empty when the message needs none
     */
    public Builder put(String name, String text, Origin origin, String place) {
      try {
        return put(schema.require(name), text, origin, place);
      } catch (MillraceException refused) {
        if (place.isEmpty()) {
          throw refused;
        }
        MillraceError error = refused.error();
        String message = place + ": " + error.message();
        throw new MillraceError(error.code(), message, error.details()).exception();
      }
    }

    /** Sets what is understood of some values; the rest is only told of. */
    Builder putUnderstood(Map<String, String> values, Origin origin, NotUnderstood ignored) {
      values.forEach(
          (name, text) -> {
            try {
              put(name, text, origin, "");
            } catch (MillraceException e) {
              ignored.setting(name, e.error());
            }
          });
      return this;
    }

    /** Sets one value from code: an embedding program or a test. */
    public <T> Builder set(ConfigKey<T> key, T value) {
      return put(key.name(), key.type().render(value), Origin.FLAG, "set by the program");
    }

    /** The values with what was added. */
    public EffectiveConfig build() {
      return new EffectiveConfig(this);
    }

    Builder inherit(ConfigKey<?> key, Setting<?> from) {
      settings.put(key.name(), inherited(key, from));
      return this;
    }

    private <T> Builder put(ConfigKey<T> key, String text, Origin origin, String place) {
      settings.put(key.name(), new Setting<>(key, key.parse(text), origin, place));
      return this;
    }

    private void warnOf(String variable, Collection<String> known) {
      Optional<String> nearest = NearestName.of(variable, List.copyOf(known));
      nearest.ifPresent(
          name -> warnings.add(variable + " sets nothing (did you mean " + name + "?)"));
    }

    private static <T> Setting<T> defaultOf(ConfigKey<T> key) {
      return new Setting<>(key, key.defaultValue(), Origin.DEFAULT, "");
    }

    private static <T> Setting<T> inherited(ConfigKey<T> key, Setting<?> from) {
      return new Setting<>(key, key.parse(from.text()), from.origin(), from.place());
    }
  }
}
