package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.QuorumDescription;
import io.millrace.client.api.QuorumDescription.Voter;
import java.util.LinkedHashMap;
import java.util.Map;

/** The metadata quorum for people and for programs. */
final class QuorumReports {
  private QuorumReports() {}

  /** Writes how the quorum is, with the cluster's id, which `format` wants to know. */
  static void print(
      CliContext context, OutputOptions output, Admin admin, QuorumDescription quorum) {
    String clusterId = admin.cluster().clusterId();
    output.print(context, () -> data(clusterId, quorum), () -> text(clusterId, quorum));
  }

  static Map<String, Object> data(String clusterId, QuorumDescription quorum) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("cluster_id", clusterId);
    data.put("controller_id", quorum.controllerId());
    data.put("controller_epoch", quorum.controllerEpoch());
    data.put("voters", quorum.voters().stream().map(QuorumReports::data).toList());
    return data;
  }

  private static Map<String, Object> data(Voter voter) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("node_id", voter.nodeId());
    data.put("directory_id", voter.directoryId());
    data.put("quorum_address", voter.quorumAddress());
    data.put("internal_address", voter.internalAddress());
    data.put("last_contact_ms", voter.lastContactMs());
    data.put("lag_entries", voter.lagEntries());
    return data;
  }

  private static String text(String clusterId, QuorumDescription quorum) {
    Table table = new Table("NODE", "ROLE", "LAST HEARD OF", "LAG", "QUORUM LISTENER", "DIRECTORY");
    for (Voter voter : quorum.voters()) {
      boolean controller = voter.nodeId() == quorum.controllerId();
      table.row(
          voter.nodeId(),
          controller ? "controller" : "follower",
          controller ? "-" : known(voter.lastContactMs(), " ms ago"),
          known(voter.lagEntries(), ""),
          voter.quorumAddress(),
          voter.directoryId());
    }
    return "cluster "
        + clusterId
        + ", controller: node "
        + quorum.controllerId()
        + " in epoch "
        + quorum.controllerEpoch()
        + "\n"
        + table
        + tolerance(quorum.voters().size());
  }

  private static String known(long number, String unit) {
    return number < 0 ? "?" : number + unit;
  }

  /** How many losses the quorum survives: an even number of voters is never what is wanted. */
  private static String tolerance(int voters) {
    int losses = (voters - 1) / 2;
    String survives =
        voters + (voters == 1 ? " voter: " : " voters: ") + "survives the loss of " + losses + "\n";
    return voters % 2 == 0
        ? survives + "an even number survives no more than one less: add or remove one\n"
        : survives;
  }
}
