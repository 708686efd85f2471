package io.millrace.metadata.image;

import java.util.Optional;
import java.util.UUID;
import org.pcollections.PSortedMap;
import org.pcollections.PSortedSet;
import org.pcollections.TreePMap;
import org.pcollections.TreePSet;

/**
 * The cluster's metadata at one revision. Immutable; the maps are persistent, so that the next
 * image shares with this one all that did not change.
 *
 * @param revision grows by one with each entry that takes effect; 0 before the first
 * @param controller the last controller that began an epoch
 * @param cluster what holds for the cluster as a whole
 * @param topics all topics
 * @param brokers the registered brokers by node id
 * @param counters what only grows
 * @param requests the answered requests
 */
public record MetadataImage(
    long revision,
    ControllerImage controller,
    ClusterImage cluster,
    TopicsImage topics,
    PSortedMap<Integer, BrokerImage> brokers,
    Counters counters,
    AnsweredRequests requests) {

  /** The metadata of a cluster that has not begun. */
  public static final MetadataImage EMPTY =
      new MetadataImage(
          0,
          new ControllerImage(PartitionImage.NO_BROKER, 0),
          new ClusterImage(0, ConfigsImage.EMPTY, TreePSet.empty()),
          TopicsImage.EMPTY,
          TreePMap.empty(),
          new Counters(0, 0),
          AnsweredRequests.EMPTY);

  /**
   * A controller.
   *
   * @param nodeId the node that hosts it, or {@link PartitionImage#NO_BROKER} before the first one
   * @param epoch its epoch
   */
  public record ControllerImage(int nodeId, long epoch) {}

  /**
   * What holds for the cluster as a whole.
   *
   * @param featureLevel which records may be written; 0 before the cluster's first entry
   * @param configs what is configured through the cluster, besides the topics' own configuration
   * @param drained the node ids of the brokers that are to lead nothing that another one can
   */
  public record ClusterImage(int featureLevel, ConfigsImage configs, PSortedSet<Integer> drained) {
    ClusterImage withFeatureLevel(int level) {
      return new ClusterImage(level, configs, drained);
    }

    ClusterImage withConfigs(ConfigsImage changed) {
      return new ClusterImage(featureLevel, changed, drained);
    }

    ClusterImage withDrained(int broker, boolean drain) {
      return new ClusterImage(
          featureLevel, configs, drain ? drained.plus(broker) : drained.minus(broker));
    }
  }

  /**
   * What only grows.
   *
   * @param nextProducerId the next producer id to give out
   * @param uncleanElections how many elections there were that may have lost records
   */
  public record Counters(long nextProducerId, long uncleanElections) {}

  /** Which records may be written; 0 before the cluster's first entry. */
  public int featureLevel() {
    return cluster.featureLevel();
  }

  /** Whether a broker is to lead nothing that another one can. */
  public boolean drained(int nodeId) {
    return cluster.drained().contains(nodeId);
  }

  /** What is configured through the cluster, besides the topics' own configuration. */
  public ConfigsImage configs() {
    return cluster.configs();
  }

  /** The next producer id to give out. */
  public long nextProducerId() {
    return counters.nextProducerId();
  }

  /** How many elections there were that may have lost records. */
  public long uncleanElections() {
    return counters.uncleanElections();
  }

  /** The topic of that name, if it exists. */
  public Optional<TopicImage> topic(String name) {
    return topics.topic(name);
  }

  /** The topic of that id, if it exists. */
  public Optional<TopicImage> topic(UUID id) {
    return topics.topic(id);
  }

  /** The broker of that node id, if it is registered. */
  public Optional<BrokerImage> broker(int nodeId) {
    return Optional.ofNullable(brokers.get(nodeId));
  }

  /** The same at another revision. */
  public MetadataImage withRevision(long newRevision) {
    return new MetadataImage(newRevision, controller, cluster, topics, brokers, counters, requests);
  }

  MetadataImage withController(ControllerImage newController) {
    return new MetadataImage(revision, newController, cluster, topics, brokers, counters, requests);
  }

  MetadataImage withCluster(ClusterImage newCluster) {
    return new MetadataImage(revision, controller, newCluster, topics, brokers, counters, requests);
  }

  /** The same with other topics. */
  public MetadataImage withTopics(TopicsImage newTopics) {
    return new MetadataImage(revision, controller, cluster, newTopics, brokers, counters, requests);
  }

  /** The same with other brokers. */
  public MetadataImage withBrokers(PSortedMap<Integer, BrokerImage> newBrokers) {
    return new MetadataImage(revision, controller, cluster, topics, newBrokers, counters, requests);
  }

  MetadataImage withCounters(Counters newCounters) {
    return new MetadataImage(revision, controller, cluster, topics, brokers, newCounters, requests);
  }

  MetadataImage withRequests(AnsweredRequests newRequests) {
    return new MetadataImage(revision, controller, cluster, topics, brokers, counters, newRequests);
  }
}
