package io.millrace.metadata.image;

import java.util.List;
import java.util.UUID;

/**
 * One registration of a broker.
 *
 * @param epoch grows with each registration in the cluster
 * @param incarnationId drawn anew by each process
 * @param directories the ids of its online log directories
 */
public record BrokerRegistration(long epoch, UUID incarnationId, List<UUID> directories) {
  public BrokerRegistration {
    directories = List.copyOf(directories);
  }
}
