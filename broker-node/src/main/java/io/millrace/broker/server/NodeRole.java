package io.millrace.broker.server;

import io.millrace.common.config.EffectiveConfig;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** What a node does in its cluster. */
public enum NodeRole {
  /** It is a voter of the metadata quorum, and may host the active controller. */
  CONTROLLER,
  /** It holds partitions. */
  BROKER;

  /** Its name in the settings. */
  String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The node's roles.
   *
   * @throws StartException if it has none
   */
  static Set<NodeRole> of(EffectiveConfig config) {
    Set<NodeRole> roles = EnumSet.noneOf(NodeRole.class);
    roles.addAll(config.get(NodeSettings.PROCESS_ROLES));
    if (roles.isEmpty()) {
      throw new StartException(
          NodeSettings.PROCESS_ROLES + ": none (expected: controller, broker or both)");
    }
    return roles;
  }
}
