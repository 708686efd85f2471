package io.millrace.common.config;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Values of one type, separated by commas. */
record ListType<T>(ConfigType<T> element) implements ConfigType<List<T>> {
  @Override
  public String label() {
    return "list of " + element.label();
  }

  @Override
  public String expected() {
    return "a list, separated by commas, of " + element.expected();
  }

  @Override
  public List<T> parse(String text) {
    if (text.isBlank()) {
      return List.of();
    }
    return Stream.of(text.split(",", -1)).map(part -> element.parse(part.strip())).toList();
  }

  @Override
  public String render(List<T> value) {
    return value.stream().map(element::render).collect(Collectors.joining(","));
  }
}
