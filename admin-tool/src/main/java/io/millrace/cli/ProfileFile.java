package io.millrace.cli;

import io.millrace.common.config.NearestName;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The file of profiles: {@code [NAME]} begins one, {@code key = value} lines set its values, {@code
 * use = NAME} before all of them chooses the one in use, {@code #} begins a comment line. A change
 * touches the lines that it is about and leaves the others as they are. Immutable.
 */
final class ProfileFile {
  static final String VARIABLE = "MILLRACE_CONFIG";

  private static final String USE = "use";

  /**
   * A value and where it stands.
   *
   * @param text the value
   * @param line the number of its line, from 1
   */
  record Value(String text, int line) {}

  private final Path path;
  private final List<String> lines;
  private final Map<String, Map<ProfileKey, Value>> profiles = new LinkedHashMap<>();

  /** The line where each profile begins, from 1. */
  private final Map<String, Integer> begins = new LinkedHashMap<>();

  private Optional<Value> inUse = Optional.empty();

  private ProfileFile(Path path, List<String> lines) {
    this.path = path;
    this.lines = List.copyOf(lines);
    parse();
    if (inUse.isPresent() && !profiles.containsKey(inUse.get().text())) {
      throw refusal(inUse.get().line(), unknown(inUse.get().text()));
    }
  }

  /**
   * Reads the file that the environment names: {@code MILLRACE_CONFIG}, or {@code millrace/config}
   * in {@code XDG_CONFIG_HOME} or in {@code .config} at home. A missing file has no profiles.
   *
   * @throws CliException if it can't be read or a line of it is wrong
   */
  static ProfileFile read(Map<String, String> environment) {
    Optional<Path> place = place(environment);
    if (place.isEmpty() || !Files.exists(place.get())) {
      return new ProfileFile(place.orElse(Path.of("config")), List.of());
    }
    try (InputStream in = InputFile.open(place.get())) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return new ProfileFile(place.get(), text.lines().toList());
    } catch (IOException e) {
      throw InputFile.unreadable(place.get(), e);
    }
  }

  private static Optional<Path> place(Map<String, String> environment) {
    return set(environment, VARIABLE)
        .map(Path::of)
        .or(
            () ->
                set(environment, "XDG_CONFIG_HOME")
                    .map(Path::of)
                    .or(() -> set(environment, "HOME").map(home -> Path.of(home, ".config")))
                    .map(directory -> directory.resolve("millrace").resolve("config")));
  }

  private static Optional<String> set(Map<String, String> environment, String variable) {
    return Optional.ofNullable(environment.get(variable)).filter(value -> !value.isEmpty());
  }

  Path path() {
    return path;
  }

  /** The profiles by name, in the order of the file. */
  Map<String, Map<ProfileKey, Value>> profiles() {
    return Collections.unmodifiableMap(profiles);
  }

  /** The profile that commands take when they are not told another one. */
  Optional<String> inUse() {
    return inUse.map(Value::text);
  }

  /** What to say of a profile that is not there. */
  String unknown(String name) {
    String known =
        profiles.isEmpty() ? "there are none" : "expected: " + String.join(", ", profiles.keySet());
    return "no profile '"
        + name
        + "' in "
        + path
        + " ("
        + NearestName.of(name, List.copyOf(profiles.keySet()))
            .map(near -> "did you mean " + near + "?")
            .orElse(known)
        + ")";
  }

  private void parse() {
    Optional<Map<ProfileKey, Value>> profile = Optional.empty();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.startsWith("[") && line.endsWith("]")) {
        profile = Optional.of(begin(line.substring(1, line.length() - 1).strip(), i + 1));
      } else if (!line.isEmpty() && !line.startsWith("#")) {
        assign(profile, line, i + 1);
      }
    }
  }

  private Map<ProfileKey, Value> begin(String name, int number) {
    if (!isName(name)) {
      throw refusal(number, "[" + name + "] (expected: " + NAMES + ")");
    }
    if (begins.put(name, number) != null) {
      throw refusal(number, "[" + name + "] is there twice (expected: once)");
    }
    Map<ProfileKey, Value> values = new EnumMap<>(ProfileKey.class);
    profiles.put(name, values);
    return values;
  }

  private void assign(Optional<Map<ProfileKey, Value>> profile, String line, int number) {
    int equals = line.indexOf('=');
    if (equals <= 0) {
      throw refusal(number, line + " (expected: key = value, [profile] or # comment)");
    }
    String name = line.substring(0, equals).strip();
    Value value = new Value(line.substring(equals + 1).strip(), number);
    if (profile.isEmpty()) {
      if (!name.equals(USE) || inUse.isPresent()) {
        throw refusal(number, name + " (expected before the first [profile]: use = NAME, once)");
      }
      inUse = Optional.of(value);
      return;
    }
    ProfileKey key = ProfileKey.of(name).orElseThrow(() -> refusal(number, unknownKey(name)));
    key.defect(value.text())
        .ifPresent(
            why -> {
              throw refusal(number, name + ": " + why);
            });
    if (profile.get().put(key, value) != null) {
      throw refusal(number, name + " is set twice (expected: once in a profile)");
    }
  }

  /** What a profile may be called. */
  static final String NAMES = "a name of letters, digits, . _ and -";

  static boolean isName(String name) {
    return name.matches("[A-Za-z0-9._-]+");
  }

  static String unknownKey(String name) {
    return "unknown key '"
        + name
        + "' ("
        + NearestName.of(name, ProfileKey.names())
            .map(near -> "did you mean " + near + "?")
            .orElse("expected: " + String.join(", ", ProfileKey.names()))
        + ")";
  }

  private CliException refusal(int number, String what) {
    return new CliException(path + ":" + number + ": " + what);
  }

  /** The same file with a value of a profile, which is made if it is not there. */
  ProfileFile with(String profile, ProfileKey key, String value) {
    List<String> changed = new ArrayList<>(lines);
    String line = key + " = " + value;
    Map<ProfileKey, Value> values = profiles.get(profile);
    if (values == null) {
      if (!changed.isEmpty()) {
        changed.add("");
      }
      changed.add("[" + profile + "]");
      changed.add(line);
    } else {
      Value old = values.get(key);
      if (old != null) {
        changed.set(old.line() - 1, line);
      } else {
        int last = values.values().stream().mapToInt(Value::line).max().orElse(begin(profile));
        changed.add(last, line);
      }
    }
    return new ProfileFile(path, changed);
  }

  /** The same file without a value of a profile. */
  ProfileFile without(String profile, ProfileKey key) {
    Value old = profiles.getOrDefault(profile, Map.of()).get(key);
    return old == null ? this : new ProfileFile(path, without(List.of(old.line())));
  }

  /** The same file without a profile; comments stay. */
  ProfileFile without(String profile) {
    List<Integer> numbers = new ArrayList<>(List.of(begin(profile)));
    profiles.getOrDefault(profile, Map.of()).values().forEach(value -> numbers.add(value.line()));
    inUse.filter(use -> use.text().equals(profile)).ifPresent(use -> numbers.add(use.line()));
    return new ProfileFile(path, without(numbers));
  }

  /** The same file with another profile in use. */
  ProfileFile using(String profile) {
    List<String> changed = new ArrayList<>(lines);
    String line = USE + " = " + profile;
    if (inUse.isPresent()) {
      changed.set(inUse.get().line() - 1, line);
    } else {
      changed.add(0, line);
    }
    return new ProfileFile(path, changed);
  }

  /** The same file with no profile in use. */
  ProfileFile usingNone() {
    return inUse.map(use -> new ProfileFile(path, without(List.of(use.line())))).orElse(this);
  }

  private int begin(String profile) {
    return begins.getOrDefault(profile, 0);
  }

  private List<String> without(List<Integer> numbers) {
    List<String> changed = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (!numbers.contains(i + 1)) {
        changed.add(lines.get(i));
      }
    }
    return changed;
  }

  /** Puts the file where it was read from, whole or not at all. */
  void write() {
    try {
      Path target = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
      Files.createDirectories(target.getParent());
      Path fresh = target.resolveSibling(target.getFileName() + ".new");
      Files.writeString(fresh, lines.isEmpty() ? "" : String.join("\n", lines) + "\n");
      Files.move(
          fresh, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new CliException("can't write " + path + ": " + e);
    }
  }
}
