package io.millrace.broker.server;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.ConfigSchema.Section;
import io.millrace.common.config.ConfigTypes;
import io.millrace.metadata.VoterAddress;
import java.util.List;

/** Which nodes hold the cluster's metadata. */
public final class QuorumVoterSettings {
  public static final ConfigKey<List<String>> QUORUM_VOTERS =
      ConfigKey.of(
          "quorum.voters",
          ConfigTypes.STRING.list(),
          List.of(),
          "The voters that a new cluster begins with, the same list on each: `"
              + VoterAddress.FORM
              + "`, by the names under which they reach each other, such as"
              + " `1@node-1,2@node-2,3@node-3`. The ports are those of `listener.quorum` (9652 if"
              + " none are named) and `listener.internal` (9651). One, three, five or seven voters:"
              + " the cluster lives while more than half of them do. Empty: this node is the only"
              + " one. Once the cluster has begun, it keeps its voters itself, and the list only"
              + " says where to find them.");

  static final Section SECTION = new Section("Metadata quorum", List.of(QUORUM_VOTERS));

  private QuorumVoterSettings() {}
}
