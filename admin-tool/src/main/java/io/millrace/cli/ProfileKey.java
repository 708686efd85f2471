package io.millrace.cli;

import io.millrace.client.api.BrokerAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.TypeConversionException;

/** What a profile, or an environment variable, can set for client commands. */
enum ProfileKey {
  /** The brokers to ask first. */
  bootstrap("127.0.0.1:" + BrokerAddress.DEFAULT_PORT),
  /** The longest a request may take. */
  timeout("30s"),
  /** How results are written. */
  output("table");

  private final String defaultValue;

  ProfileKey(String defaultValue) {
    this.defaultValue = defaultValue;
  }

  String defaultValue() {
    return defaultValue;
  }

  /** The environment variable that goes over the profile. */
  String variable() {
    return "MILLRACE_" + name().toUpperCase(Locale.ROOT);
  }

  /** What is wrong with a value; empty if nothing is. */
  Optional<String> defect(String value) {
    try {
      switch (this) {
        case bootstrap -> BrokerAddress.parseList(value);
        case timeout -> new Durations.MoreThanZero().convert(value);
        case output -> requireFormat(value);
      }
      return Optional.empty();
    } catch (IllegalArgumentException | TypeConversionException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  static Optional<ProfileKey> of(String name) {
    return Arrays.stream(values()).filter(key -> key.name().equals(name)).findFirst();
  }

  static List<String> names() {
    return Arrays.stream(values()).map(ProfileKey::name).toList();
  }

  private static void requireFormat(String value) {
    if (Arrays.stream(OutputFormat.values()).noneMatch(format -> format.name().equals(value))) {
      String known =
          Arrays.stream(OutputFormat.values()).map(Enum::name).collect(Collectors.joining(", "));
      throw new TypeConversionException("'" + value + "' (expected: " + known + ")");
    }
  }
}
