package io.millrace.client.api;

import java.util.List;

/**
 * About a server.
 *
 * @param version the software's version
 * @param clusterId the cluster's id
 * @param nodeId the id of the node that answered
 * @param capabilities what it can do beyond the first version of the API
 * @param maxMessageBytes the largest message, either way
 * @param producerBatchesRemembered how many batches of a producer and partition are known again
 * @param codecs the compression codecs that it accepts
 */
public record ServerInfo(
    String version,
    String clusterId,
    int nodeId,
    List<String> capabilities,
    int maxMessageBytes,
    int producerBatchesRemembered,
    List<String> codecs) {
  public ServerInfo {
    capabilities = List.copyOf(capabilities);
    codecs = List.copyOf(codecs);
  }
}
