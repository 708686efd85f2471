package io.millrace.metadata.controller;

import io.millrace.common.TopicIdPartition;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * What a broker's process found when it started (S14).
 *
 * @param directories the ids of its online log directories, at least one
 * @param directoriesOffline whether further directories are configured but not online: then a
 *     directory that is missed may come back
 * @param uncleanDirectories of these directories all replicas may lack records that they had
 *     acknowledged: the machine booted anew with {@code flush.mode=os}
 * @param uncleanReplicas these replicas may lack records that they had acknowledged; where they are
 *     more than {@link #MOST_UNCLEAN_REPLICAS}, their directories are named instead
 * @param earlierProcessEnded whether the controller's node knows that the process that was
 *     registered before has ended: then nobody waits until it is fenced
 */
public record BrokerStart(
    List<UUID> directories,
    boolean directoriesOffline,
    Set<UUID> uncleanDirectories,
    Set<TopicIdPartition> uncleanReplicas,
    boolean earlierProcessEnded) {

  /** So many can be named in a registration, which must fit into the smallest message there is. */
  public static final int MOST_UNCLEAN_REPLICAS = 256;

  public BrokerStart {
    directories = List.copyOf(directories);
    uncleanDirectories = Set.copyOf(uncleanDirectories);
    uncleanReplicas = Set.copyOf(uncleanReplicas);
  }

  /** A start with all directories in which nothing is lost. */
  public static BrokerStart clean(List<UUID> directories) {
    return new BrokerStart(directories, false, Set.of(), Set.of(), false);
  }
}
