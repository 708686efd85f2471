package io.millrace.broker.replica;

import io.millrace.metadata.MetadataListener;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.QuorumHealth;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.BrokerRegistration;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.image.MetadataImage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** Metadata that know some brokers; commands are the test's. */
abstract class FakeQuorum implements MetadataQuorum {
  /** The process that every broker is, unless the test says another. */
  static final UUID PROCESS = new UUID(2, 2);

  MetadataImage image = MetadataImage.EMPTY;

  /** The metadata know a broker; its internal listener is at its id as port. */
  void register(int id, long epoch) {
    register(id, epoch, PROCESS);
  }

  void register(int id, long epoch, UUID process) {
    BrokerImage broker =
        new BrokerImage(
            id,
            new BrokerRegistration(epoch, process, List.of()),
            new Endpoint("a", 1),
            Optional.of(new Endpoint("b", id)),
            "",
            new FeatureRange(1, 1),
            BrokerState.ACTIVE);
    image = image.withBrokers(image.brokers().plus(id, broker));
  }

  @Override
  public CompletableFuture<CommandResult> submit(Command command, Duration timeout) {
    throw new IllegalStateException("nobody submits");
  }

  @Override
  public MetadataImage image() {
    return image;
  }

  @Override
  public void start() {}

  @Override
  public void subscribe(MetadataListener listener) {}

  @Override
  public boolean isActiveController() {
    return false;
  }

  @Override
  public QuorumHealth health() {
    throw new IllegalStateException("nobody asks");
  }

  @Override
  public void close() {}
}
