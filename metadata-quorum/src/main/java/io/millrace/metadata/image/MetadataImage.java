package io.millrace.metadata.image;

import java.util.Optional;
import java.util.UUID;
import org.pcollections.PSortedMap;
import org.pcollections.TreePMap;

/**
 * The cluster's metadata at one revision. Immutable; the maps are persistent, so that the next
 * image shares with this one all that did not change.
 *
 * @param revision grows by one with each entry that takes effect; 0 before the first
 * @param controller the last controller that began an epoch
 * @param featureLevel which records may be written; 0 before the cluster's first entry
 * @param topics all topics
 * @param brokers the registered brokers by node id
 * @param nextProducerId the next producer id to give out
 * @param requests the answered requests
 */
public record MetadataImage(
    long revision,
    ControllerImage controller,
    int featureLevel,
    TopicsImage topics,
    PSortedMap<Integer, BrokerImage> brokers,
    long nextProducerId,
    AnsweredRequests requests) {

  /** The metadata of a cluster that has not begun. */
  public static final MetadataImage EMPTY =
      new MetadataImage(
          0,
          new ControllerImage(PartitionImage.NO_BROKER, 0),
          0,
          TopicsImage.EMPTY,
          TreePMap.empty(),
          0,
          AnsweredRequests.EMPTY);

  /**
   * A controller.
   *
   * @param nodeId the node that hosts it, or {@link PartitionImage#NO_BROKER} before the first one
   * @param epoch its epoch
   */
  public record ControllerImage(int nodeId, long epoch) {}

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

  MetadataImage withRevision(long newRevision) {
    return new MetadataImage(
        newRevision, controller, featureLevel, topics, brokers, nextProducerId, requests);
  }

  MetadataImage withController(ControllerImage newController) {
    return new MetadataImage(
        revision, newController, featureLevel, topics, brokers, nextProducerId, requests);
  }

  MetadataImage withFeatureLevel(int newFeatureLevel) {
    return new MetadataImage(
        revision, controller, newFeatureLevel, topics, brokers, nextProducerId, requests);
  }

  MetadataImage withTopics(TopicsImage newTopics) {
    return new MetadataImage(
        revision, controller, featureLevel, newTopics, brokers, nextProducerId, requests);
  }

  MetadataImage withBrokers(PSortedMap<Integer, BrokerImage> newBrokers) {
    return new MetadataImage(
        revision, controller, featureLevel, topics, newBrokers, nextProducerId, requests);
  }

  MetadataImage withNextProducerId(long newNextProducerId) {
    return new MetadataImage(
        revision, controller, featureLevel, topics, brokers, newNextProducerId, requests);
  }

  MetadataImage withRequests(AnsweredRequests newRequests) {
    return new MetadataImage(
        revision, controller, featureLevel, topics, brokers, nextProducerId, newRequests);
  }
}
