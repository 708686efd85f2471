package io.millrace.client.internal;

import io.grpc.Channel;
import io.millrace.client.api.BrokerAddress;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.proto.v1.FindCoordinatorRequest;
import io.millrace.proto.v1.FindCoordinatorResponse;
import io.millrace.proto.v1.MetadataServiceGrpc;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Where a group's coordinator is, and calls to it that follow it when it moves. Blocking;
 * thread-safe.
 */
final class GroupCoordinator {
  /** A coordinator that takes longer is looked for again. */
  private static final long PATIENCE_MS = 3_000;

  private final ClusterClient cluster;
  private final String groupId;

  /** Who it was last, as far as is known. */
  private volatile Optional<BrokerAddress> known = Optional.empty();

  /** Who was it, and may be silent: asked last where it is now. */
  private volatile Optional<BrokerAddress> left = Optional.empty();

  GroupCoordinator(ClusterClient cluster, String groupId) {
    this.cluster = cluster;
    this.groupId = groupId;
  }

  String groupId() {
    return groupId;
  }

  /**
   * The coordinator.
   *
   * @throws MillraceException {@code COORDINATOR_NOT_AVAILABLE} while there is none
   */
  BrokerAddress find(Duration timeout) {
    Optional<BrokerAddress> found = known;
    if (found.isPresent()) {
      return found.get();
    }
    FindCoordinatorRequest request =
        FindCoordinatorRequest.newBuilder().setGroupId(groupId).build();
    FindCoordinatorResponse answer =
        cluster.lookUp(
            timeout,
            left.map(Set::of).orElse(Set.of()),
            (channel, time) ->
                MetadataServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(time.toMillis(), TimeUnit.MILLISECONDS)
                    .findCoordinator(request),
            told -> true);
    try {
      BrokerAddress address = MetadataCache.address(answer.getCoordinator());
      known = Optional.of(address);
      return address;
    } catch (IllegalArgumentException e) {
      throw new MillraceException(
          ErrorCode.INTERNAL, "the coordinator's address makes no sense: " + e.getMessage());
    }
  }

  /** A broker that was found refused, or said nothing: the next call asks again who it is. */
  void failed(BrokerAddress broker, MillraceException why) {
    if (why.code() != ErrorCode.COORDINATOR_LOADING) {
      known = known.filter(address -> !address.equals(broker));
      left = Optional.of(broker);
    }
    cluster.channels().dialNow(broker);
  }

  Channel channel(BrokerAddress broker) {
    return cluster.channels().channel(broker);
  }

  /**
   * Calls the coordinator, and again what may succeed later.
   *
   * @throws MillraceException why it was refused, or what lasted until the time-out
   */
  <T> T call(Duration timeout, ClusterClient.Call<T> call) {
    long deadlineMs = cluster.clock().monotonicMs() + timeout.toMillis();
    Backoff backoff = cluster.newLeaderBackoff();
    while (true) {
      try {
        return callOnce(left(deadlineMs), call);
      } catch (MillraceException e) {
        if (!e.code().retriable()) {
          throw e;
        }
        cluster.pauseOrThrow(backoff.nextMs(), deadlineMs, e);
      }
    }
  }

  /**
   * Calls the coordinator once.
   *
   * @throws MillraceException why it was refused, or there was no answer in time
   */
  <T> T callOnce(Duration timeout, ClusterClient.Call<T> call) {
    long deadlineMs = cluster.clock().monotonicMs() + timeout.toMillis();
    BrokerAddress broker = find(timeout);
    try {
      long patienceMs = Math.min(left(deadlineMs).toMillis(), PATIENCE_MS);
      return call.on(cluster.channels().channel(broker), Duration.ofMillis(patienceMs));
    } catch (RuntimeException e) {
      MillraceException failure = GrpcErrors.translate(e, broker);
      failed(broker, failure);
      throw failure;
    }
  }

  private Duration left(long deadlineMs) {
    return Duration.ofMillis(Math.max(1, deadlineMs - cluster.clock().monotonicMs()));
  }
}
