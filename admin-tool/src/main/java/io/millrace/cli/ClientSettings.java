package io.millrace.cli;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * What client commands take for options that are not given: environment over profile over default.
 * Immutable.
 */
final class ClientSettings {
  /** Names the profile, under the option. */
  static final String VARIABLE = "MILLRACE_PROFILE";

  /** Every key at its default. */
  static final ClientSettings DEFAULTS = new ClientSettings(Optional.empty(), Map.of());

  /**
   * A value and where it comes from.
   *
   * @param text the value, checked
   * @param origin a variable, a line of the file, or "default"
   */
  record Setting(String text, String origin) {}

  private final Optional<String> profile;
  private final Map<ProfileKey, Setting> settings = new EnumMap<>(ProfileKey.class);

  private ClientSettings(Optional<String> profile, Map<ProfileKey, Setting> set) {
    this.profile = profile;
    for (ProfileKey key : ProfileKey.values()) {
      settings.put(key, set.getOrDefault(key, new Setting(key.defaultValue(), "default")));
    }
  }

  /**
   * Looks the settings up.
   *
   * @param chosen the profile that was asked for by an option
   * @throws UsageException if there is no such profile, or a variable is wrong
   * @throws CliException if a line of the file is wrong
   */
  static ClientSettings of(Map<String, String> environment, Optional<String> chosen) {
    ProfileFile file = ProfileFile.read(environment);
    Optional<String> fromVariable =
        Optional.ofNullable(environment.get(VARIABLE)).filter(name -> !name.isEmpty());
    Optional<String> profile = chosen.or(() -> fromVariable).or(file::inUse);
    Map<ProfileKey, Setting> set = new EnumMap<>(ProfileKey.class);
    if (profile.isPresent()) {
      Map<ProfileKey, ProfileFile.Value> values = file.profiles().get(profile.get());
      if (values == null) {
        String origin = chosen.isPresent() ? "--profile" : VARIABLE;
        throw new UsageException(origin + ": " + file.unknown(profile.get()));
      }
      values.forEach(
          (key, value) ->
              set.put(key, new Setting(value.text(), file.path() + ":" + value.line())));
    }
    for (ProfileKey key : ProfileKey.values()) {
      String value = environment.getOrDefault(key.variable(), "");
      if (!value.isEmpty()) {
        key.defect(value)
            .ifPresent(
                why -> {
                  throw new UsageException(key.variable() + ": " + why);
                });
        set.put(key, new Setting(value, "$" + key.variable()));
      }
    }
    return new ClientSettings(profile, set);
  }

  /** The profile that was taken. */
  Optional<String> profile() {
    return profile;
  }

  Map<ProfileKey, Setting> settings() {
    return Collections.unmodifiableMap(settings);
  }

  String text(ProfileKey key) {
    return settings.getOrDefault(key, new Setting(key.defaultValue(), "default")).text();
  }

  /** A mistake in the command line or in the environment. */
  static final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
      super(message);
    }
  }
}
