package io.millrace.metadata.image;

import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.NotUnderstood;
import io.millrace.common.config.Origin;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.pcollections.PSortedMap;
import org.pcollections.TreePMap;

/**
 * What is configured through the cluster itself, besides the topics' own configuration. A broker's
 * entry goes before the cluster's, and that before what the broker's file says.
 *
 * @param cluster holds for all brokers that set nothing else
 * @param brokers the brokers' own entries by node id; only of brokers that have any
 */
public record ConfigsImage(
    PSortedMap<String, String> cluster, PSortedMap<Integer, PSortedMap<String, String>> brokers) {

  /** Nothing is configured. */
  public static final ConfigsImage EMPTY = new ConfigsImage(TreePMap.empty(), TreePMap.empty());

  /** A broker's own entries. */
  public SortedMap<String, String> ofBroker(int nodeId) {
    return own(nodeId);
  }

  /**
   * A broker's settings in force.
   *
   * @param nodeId the broker
   * @param own what its file, environment and flags say
   * @param ignored told of what is not understood
   */
  public EffectiveConfig effective(int nodeId, EffectiveConfig own, NotUnderstood ignored) {
    return own.with(cluster, Origin.CLUSTER, ignored)
        .with(ofBroker(nodeId), Origin.BROKER, ignored);
  }

  ConfigsImage withCluster(PSortedMap<String, String> changed) {
    return new ConfigsImage(changed, brokers);
  }

  ConfigsImage withBroker(int nodeId, PSortedMap<String, String> changed) {
    return new ConfigsImage(
        cluster, changed.isEmpty() ? brokers.minus(nodeId) : brokers.plus(nodeId, changed));
  }

  PSortedMap<String, String> own(int nodeId) {
    @Nullable PSortedMap<String, String> own = brokers.get(nodeId);
    return own == null ? TreePMap.empty() : own;
  }

  /** Whether a broker's own entries differ from those of another image. */
  boolean differsFor(int nodeId, ConfigsImage other) {
    Map<String, String> mine = own(nodeId);
    return !mine.equals(other.own(nodeId));
  }
}
