package io.millrace.metadata.controller;

import io.millrace.metadata.controller.Command.AdminCommand;

/** A command of an administrator that is not about one topic. */
public sealed interface ClusterCommand extends AdminCommand {
  /**
   * Takes a broker out of the cluster that will not come back. Replicas that are assigned to it
   * stay assigned. Refused while it is not fenced. Answered with {@link CommandResult.Done}.
   *
   * @param brokerId the broker
   */
  record UnregisterBroker(int brokerId, RequestOptions options) implements ClusterCommand {}
}
