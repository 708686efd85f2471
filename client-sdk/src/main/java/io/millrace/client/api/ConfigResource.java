package io.millrace.client.api;

/** What settings are asked for or changed. */
public sealed interface ConfigResource {
  /**
   * A topic.
   *
   * @param name its name
   */
  record Topic(String name) implements ConfigResource {
    @Override
    public String toString() {
      return "topic " + name;
    }
  }

  /**
   * A broker.
   *
   * @param nodeId its node id
   */
  record Broker(int nodeId) implements ConfigResource {
    @Override
    public String toString() {
      return "broker " + nodeId;
    }
  }

  /** The cluster: what holds on every broker for which nothing else is set. */
  record Cluster() implements ConfigResource {
    @Override
    public String toString() {
      return "the cluster";
    }
  }
}
