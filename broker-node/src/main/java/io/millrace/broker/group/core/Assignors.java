package io.millrace.broker.group.core;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The assignors by name. Stateless. */
final class Assignors {
  private static final Assignor DEFAULT = new UniformAssignor();

  /** All of them; in a tie of wishes the earlier one wins. */
  static final Map<String, Assignor> BY_NAME = byName();

  private Assignors() {}

  private static Map<String, Assignor> byName() {
    Map<String, Assignor> byName = new LinkedHashMap<>();
    for (Assignor assignor : List.of(DEFAULT, new RangeAssignor(), new RoundRobinAssignor())) {
      byName.put(assignor.name(), assignor);
    }
    return Collections.unmodifiableMap(byName);
  }

  /** The one that most members wish for, or the default if nobody has a wish. */
  static Assignor of(GroupImage group) {
    Assignor chosen = DEFAULT;
    long most = 0;
    for (Assignor assignor : BY_NAME.values()) {
      long wishes =
          group.members().values().stream()
              .filter(member -> member.assignor().equals(assignor.name()))
              .count();
      if (wishes > most) {
        chosen = assignor;
        most = wishes;
      }
    }
    return chosen;
  }
}
