package io.millrace.common.config;

import io.millrace.common.MillraceError;

/**
 * Told of settings that this release does not understand and goes without: another one set them.
 */
@FunctionalInterface
public interface NotUnderstood {
  /** Tells nobody. */
  NotUnderstood SILENT = (name, why) -> {};

  /**
   * Called for each of them.
   *
   * @param name the setting's key
   */
  void setting(String name, MillraceError why);
}
