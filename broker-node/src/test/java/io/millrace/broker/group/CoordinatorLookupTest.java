package io.millrace.broker.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.metadata.TopicReadiness;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.time.VirtualTime;
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
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.pcollections.TreePMap;
import org.pcollections.TreePVector;

/** How a coordinator is found while the cluster begins, and when nobody leads. */
class CoordinatorLookupTest implements MetadataQuorum, TopicReadiness {
  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  private final VirtualTime time = new VirtualTime();
  private final List<Command.CreateTopic> asked = new ArrayList<>();
  private final CoordinatorLookup lookup =
      new CoordinatorLookup(this, new OffsetsTopicSettings(2, 3, 3), this, time);
  private MetadataImage image = MetadataImage.EMPTY;

  /** What the controller answers. */
  private CommandResult answer = new CommandResult.Done(1);

  /** Who leads the topic once it is made; empty if it is not. */
  private Optional<Integer> leader = Optional.of(1);

  @Test
  void theTopicHasThreeReplicasThoughTwoBrokersAreDown() {
    broker(1, BrokerState.ACTIVE);
    broker(2, BrokerState.FENCED);
    broker(3, BrokerState.FENCED);
    assertThat(lookup.find("g", TIMEOUT).join().broker().id()).isEqualTo(1);
    assertThat(asked)
        .singleElement()
        .satisfies(
            create -> {
              assertThat(create.replicationFactor()).isEqualTo(3);
              assertThat(create.configs()).containsEntry("min.insync.replicas", "2");
            });
  }

  @Test
  void aClusterWhoseVotersAreNotAllThereIsWaitedForButNotForEver() {
    broker(1, BrokerState.ACTIVE);
    refused(ErrorCode.COORDINATOR_NOT_AVAILABLE, "1 of 3 brokers are registered");
    assertThat(asked).isEmpty();
    time.advance(10_000);
    lookup.find("g", TIMEOUT).join();
    assertThat(asked).singleElement().matches(create -> create.replicationFactor() == 1);
  }

  @Test
  void whatAnotherBrokerHasMadeMeanwhileIsGood() {
    allBrokers();
    answer =
        new CommandResult.Refused(
            new MillraceError(ErrorCode.TOPIC_ALREADY_EXISTS, "exists already"));
    assertThat(lookup.find("g", TIMEOUT).join().leaderEpoch()).isEqualTo(7);
  }

  @Test
  void whileNoTopicCanBeMadeThereIsNoCoordinator() {
    allBrokers();
    leader = Optional.empty();
    answer = new CommandResult.Refused(new MillraceError(ErrorCode.UNAVAILABLE, "no controller"));
    refused(ErrorCode.COORDINATOR_NOT_AVAILABLE, "no controller");
  }

  @Test
  void whileNobodyLeadsThereIsNoCoordinator() {
    allBrokers();
    leader = Optional.of(PartitionImage.NO_BROKER);
    refused(ErrorCode.COORDINATOR_NOT_AVAILABLE, "has no leader");
  }

  private void refused(ErrorCode code, String message) {
    assertThatThrownBy(() -> lookup.find("g", TIMEOUT).join())
        .satisfies(
            thrown -> {
              Throwable cause = thrown instanceof MillraceException ? thrown : thrown.getCause();
              assertThat(((MillraceException) cause).error().code()).isEqualTo(code);
            })
        .hasMessageContaining(message);
  }

  private void allBrokers() {
    for (int id = 1; id <= 3; id++) {
      broker(id, BrokerState.ACTIVE);
    }
  }

  private void broker(int id, BrokerState state) {
    BrokerImage broker =
        new BrokerImage(
            id,
            new BrokerRegistration(1, new UUID(id, 1), List.of()),
            new Endpoint("h" + id, 9650),
            Optional.empty(),
            "",
            FeatureRange.SUPPORTED,
            state);
    image = image.withBrokers(image.brokers().plus(id, broker));
  }

  private PartitionImage partition(int led) {
    return new PartitionImage(
        List.of(1),
        List.of(PartitionImage.UNASSIGNED),
        List.of(1),
        List.of(),
        new PartitionImage.Leadership(led, 7, PartitionImage.NO_BROKER),
        0,
        1);
  }

  @Override
  public CompletableFuture<CommandResult> submit(Command command, Duration timeout) {
    asked.add((Command.CreateTopic) command);
    leader.ifPresent(
        led ->
            image =
                image.withTopics(
                    image
                        .topics()
                        .with(
                            new TopicImage(
                                new UUID(5, 5),
                                OffsetsTopic.NAME,
                                TreePVector.from(List.of(partition(led), partition(led))),
                                TreePMap.empty()))));
    return CompletableFuture.completedFuture(answer);
  }

  @Override
  public MetadataImage image() {
    return image;
  }

  @Override
  public Optional<MillraceError> refusal() {
    return Optional.empty();
  }

  @Override
  public CompletableFuture<Void> whenServing(UUID topicId, long revision, long timeoutMs) {
    return CompletableFuture.completedFuture(null);
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
