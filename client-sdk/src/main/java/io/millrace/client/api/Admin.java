package io.millrace.client.api;

import io.millrace.common.TopicPartition;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Topics, offsets and facts about the cluster. Thread-safe; every call blocks, retries what can be
 * retried (a repeated change carries the same request id and is done once) and ends within {@link
 * ClientConfig#requestTimeout()}. What is refused throws a {@link
 * io.millrace.common.MillraceException}.
 */
public interface Admin {
  /** The version, limits and capabilities of the broker that answers first. */
  ServerInfo serverInfo();

  /** The brokers and the active controller. */
  ClusterDescription cluster();

  /** The registered brokers by node id, with what each may do. */
  List<BrokerDescription> listBrokers();

  /**
   * How the cluster is: one verdict, with what is wrong. Told by any node, also while there is no
   * controller.
   *
   * @param maxNames how many names each problem tells at most, in [0, 1000]; 0 for 10
   */
  HealthDescription health(int maxNames);

  /**
   * Everything that a node knows of the cluster, at one revision, as values by path.
   *
   * @param path only what lies at or below it, such as {@code /topics/orders}; {@code /} for
   *     everything
   * @param values given each value, in order, while more are on their way
   * @return the revision
   */
  long dumpMetadata(String path, Consumer<MetadataValue> values);

  /**
   * Follows what clients need of the metadata: brokers, topics, partitions and their leaders.
   *
   * @param topics only these; none for all
   * @param revision what is known already, of an earlier {@link MetadataWatch#revision()}: only
   *     what has changed since is told, if any broker still knows; 0 to be told everything first
   * @return to be closed; connects when it is asked for the first event
   */
  MetadataWatch watchMetadata(Set<String> topics, long revision);

  /** Has a broker lead nothing that another one can, until {@link #undrainBroker}. */
  DrainReport drainBroker(int nodeId);

  /** Lets a broker lead again; leaders come back as they are balanced or elected. */
  DrainReport undrainBroker(int nodeId);

  /** Takes a broker out of the cluster that is fenced and will not come back. */
  void unregisterBroker(int nodeId);

  /**
   * The log directories of brokers; of one that is away, why they are not told.
   *
   * @param nodeIds of which brokers; empty for all
   */
  List<BrokerLogDirs> listLogDirs(Set<Integer> nodeIds);

  /**
   * The replicas on a broker, by topic and partition.
   *
   * @param topic only those of this one
   */
  List<ReplicaDescription> listReplicas(int nodeId, Optional<String> topic);

  /** The feature level, and which ones all brokers can run at. */
  FeatureLevels features();

  /** Raises the feature level. */
  FeatureLevels updateFeatures(int level);

  /** Refuses what {@link #updateFeatures} would refuse, and changes nothing. */
  FeatureLevels validateFeatures(int level);

  /** The metadata quorum. */
  QuorumDescription quorum();

  /**
   * Adds a voter to the metadata quorum, once it has all entries.
   *
   * @param voter {@code ID@HOST} or {@code ID@HOST:QUORUM-PORT:INTERNAL-PORT}, a node that runs
   */
  QuorumDescription addVoter(String voter);

  /**
   * Removes a voter from the metadata quorum.
   *
   * @param unsafe also if no more than half of the others were heard of lately
   */
  QuorumDescription removeVoter(int nodeId, boolean unsafe);

  /** Makes another voter's controller the active one. */
  QuorumDescription transferLeadership(int nodeId);

  /** Creates a topic and waits until its partitions have leaders. */
  TopicDescription createTopic(NewTopic topic);

  /** One topic with its partitions and every configuration entry in force. */
  TopicDescription describeTopic(String name);

  /**
   * The partitions of a topic by number, with how far each replica is. Each replica's broker is
   * asked, and waited for some seconds at most; of one that does not tell, it is said why.
   */
  List<PartitionStatus> listPartitions(String topic);

  /** All topics by name, without their configuration entries. */
  List<TopicDescription> listTopics();

  /**
   * Changes a topic's configuration.
   *
   * @param set new values by key
   * @param reset keys that go back to their defaults
   */
  TopicDescription alterTopic(String name, Map<String, String> set, Set<String> reset);

  /** Adds partitions up to the given number; keys may map to other partitions from then on. */
  TopicDescription createPartitions(String name, int partitions);

  /** Refuses what {@link #createPartitions} would refuse, and changes nothing. */
  void validatePartitions(String name, int partitions);

  /** Deletes a topic and its data. */
  void deleteTopic(String name);

  /** All settings of a topic, a broker or the cluster, by key, each with its source. */
  List<ConfigDescription> listConfigs(ConfigResource of);

  /** Some settings of a topic, a broker or the cluster, in the order of the keys. */
  List<ConfigDescription> getConfigs(ConfigResource of, List<String> keys);

  /**
   * Changes settings of a topic, a broker or the cluster while it runs: all of them or, if one is
   * refused, none.
   *
   * @param set new values by key
   * @param reset keys that go back to what holds without them
   */
  void alterConfigs(ConfigResource of, Map<String, String> set, Set<String> reset);

  /** Refuses what {@link #alterConfigs} would refuse, and changes nothing. */
  void validateConfigs(ConfigResource of, Map<String, String> set, Set<String> reset);

  /**
   * Elects leaders; a partition that needs no election is left as it is.
   *
   * @param partitions the numbers of partitions by topic, empty for all of the topic's
   */
  ElectionReport electLeaders(ElectionType type, Map<String, Set<Integer>> partitions);

  /** Elects leaders for all partitions of the cluster that need it. */
  ElectionReport electAllLeaders(ElectionType type);

  /**
   * Moves replicas, or makes more or fewer of them: all that are named or, if one is refused, none.
   *
   * @param wanted the brokers that are to have replicas, the preferred leader first; empty to
   *     cancel what is under way
   * @return the partitions as they are then
   */
  List<ReassignmentDescription> alterReassignments(
      Map<TopicPartition, Optional<List<Integer>>> wanted);

  /** Refuses what {@link #alterReassignments} would refuse, and changes nothing. */
  List<ReassignmentDescription> validateReassignments(
      Map<TopicPartition, Optional<List<Integer>>> wanted);

  /**
   * The reassignments that are under way.
   *
   * @param topic only those of this one
   */
  List<ReassignmentDescription> listReassignments(Optional<String> topic);

  /**
   * Deletes the records before an offset, on all replicas: when this returns, no change of leader
   * brings them back, but an unclean election.
   *
   * @param before for each partition the first offset to keep; -1 for the high watermark as it is
   *     when the leader is asked: if it is asked again, after a change of leader or a broken
   *     connection, records that were written meanwhile go too. Who wants none of them to go gives
   *     an offset that {@link #offsets} told
   * @return the new log start offsets: the first that any replica in sync or alive still has
   * @throws io.millrace.common.MillraceException why a partition was refused; others may be done.
   *     The message and the details ({@code topic}, {@code partition}) tell which. With {@code
   *     REQUEST_TIMED_OUT} replicas still have records: the details name their brokers ({@code
   *     brokers_behind}); the deletion goes on, and a repeated call waits for it. If a leader did
   *     not answer at all, there are no such details, and the message says that nothing is known of
   *     the deletion in its partitions
   */
  Map<TopicPartition, Long> deleteRecords(Map<TopicPartition, Long> before);

  /**
   * Looks offsets up.
   *
   * @return for each partition the offset; a time after the last record gives the end
   */
  Map<TopicPartition, Long> offsets(Map<TopicPartition, OffsetSpec> places);

  /**
   * Looks offsets up as far as they can be told now: a partition whose log directory is offline is
   * not waited for, and other trouble for a few seconds only.
   */
  OffsetsFound offsetsNow(Map<TopicPartition, OffsetSpec> places);

  /** All groups, asked of every broker; of one that does not answer, it is said why. */
  GroupsFound listGroups();

  /**
   * A group with its members.
   *
   * @throws io.millrace.common.MillraceException {@code UNKNOWN_GROUP} if it has neither members
   *     nor offsets
   */
  GroupDescription describeGroup(String groupId);

  /**
   * Deletes a group and its committed offsets.
   *
   * @throws io.millrace.common.MillraceException {@code GROUP_NOT_EMPTY} while it has members;
   *     {@code UNKNOWN_GROUP}
   */
  void deleteGroup(String groupId);

  /**
   * What a group has committed, by partition, with the ends of the partitions as far as they can be
   * told now. Topics that are gone are left out; a group that does not exist has none.
   */
  List<GroupOffset> groupOffsets(String groupId);

  /**
   * Forgets committed offsets; a partition that has none is no error.
   *
   * @throws io.millrace.common.MillraceException {@code GROUP_SUBSCRIBED_TO_TOPIC} while a member
   *     reads the topic; others may be done
   */
  void deleteGroupOffsets(String groupId, Set<TopicPartition> partitions);

  /** Tells what {@link #alterGroupOffsets} would do, or refuse, and changes nothing. */
  List<GroupOffsetChange> validateGroupOffsets(
      String groupId, Set<TopicPartition> partitions, GroupOffsetTarget target);

  /**
   * Moves the committed offsets of a group that has no members; one that does not exist begins with
   * them. A place out of the log's range becomes its start or end.
   *
   * @return what was changed, by partition
   * @throws io.millrace.common.MillraceException {@code GROUP_NOT_EMPTY}; {@code INVALID_REQUEST}
   *     if nothing is committed that could be shifted
   */
  List<GroupOffsetChange> alterGroupOffsets(
      String groupId, Set<TopicPartition> partitions, GroupOffsetTarget target);
}
