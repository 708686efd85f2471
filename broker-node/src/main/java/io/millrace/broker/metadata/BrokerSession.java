package io.millrace.broker.metadata;

import io.millrace.broker.replica.DirectoryAssignments;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.UpkeepCommand;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** This broker's standing with the controller. Thread-safe. */
public final class BrokerSession implements DirectoryAssignments {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final long NOT_REGISTERED = -1;

  private final MetadataQuorum quorum;
  private final int brokerId;
  private volatile long epoch = NOT_REGISTERED;

  public BrokerSession(MetadataQuorum quorum, int brokerId) {
    this.quorum = quorum;
    this.brokerId = brokerId;
  }

  /** The epoch of the registration, or -1 before it. */
  public long epoch() {
    return epoch;
  }

  /** Whether the broker is registered. */
  public boolean registered() {
    return epoch != NOT_REGISTERED;
  }

  /**
   * Registers the broker and asks to lead: it begins with what it is elected for. Asks again while
   * an answer is missing or the controller is.
   *
   * @param command who registers
   * @param tries how often to ask at most
   * @return fails with the last refusal
   */
  public CompletableFuture<Void> register(Command.RegisterBroker command, int tries) {
    return quorum
        .submit(command, TIMEOUT)
        .thenCompose(
            result -> {
              if (result instanceof CommandResult.BrokerResult done) {
                epoch = done.brokerEpoch();
                return lead(tries);
              }
              return again(result, tries, () -> register(command, tries - 1));
            });
  }

  private CompletableFuture<Void> lead(int tries) {
    return quorum
        .submit(BrokerHeartbeat.of(brokerId, epoch, quorum.image().revision()), TIMEOUT)
        .thenCompose(
            result -> {
              if (result instanceof CommandResult.HeartbeatResult done && !done.fenced()) {
                return electOthers(tries);
              }
              return again(result, tries, () -> lead(tries - 1));
            });
  }

  /** What a heartbeat elects fits into one entry of the log; the others follow. */
  private CompletableFuture<Void> electOthers(int tries) {
    return quorum
        .submit(new UpkeepCommand.ElectOffline(), TIMEOUT)
        .thenCompose(
            result ->
                result instanceof CommandResult.Done
                    ? CompletableFuture.completedFuture(null)
                    : again(result, tries, () -> electOthers(tries - 1)));
  }

  private static CompletableFuture<Void> again(
      CommandResult result, int tries, Supplier<CompletableFuture<Void>> once) {
    MillraceError error =
        result instanceof CommandResult.Refused refused
            ? refused.error()
            : new MillraceError(ErrorCode.UNAVAILABLE, "the controller keeps the broker fenced");
    boolean again =
        switch (error.code()) {
          case REQUEST_TIMED_OUT, OUTCOME_UNKNOWN, NOT_CONTROLLER, THROTTLED, UNAVAILABLE -> true;
          default -> false;
        };
    return again && tries > 1 ? once.get() : CompletableFuture.failedFuture(error.exception());
  }

  @Override
  public CompletableFuture<?> assign(Map<TopicIdPartition, UUID> directories) {
    if (!registered()) {
      return CompletableFuture.failedFuture(
          new MillraceError(ErrorCode.UNAVAILABLE, "the broker is not registered").exception());
    }
    return quorum.submit(new Command.AssignDirectories(brokerId, epoch, directories), TIMEOUT);
  }
}
