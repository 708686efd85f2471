package io.millrace.client.internal;

import io.grpc.Channel;
import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ClientConfig;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Calls that any broker can answer, over the bootstrap addresses and the brokers learnt since, with
 * retries and a deadline. Thread-safe.
 */
final class ClusterClient implements AutoCloseable {
  /** A call to one broker. */
  interface Call<T> {
    T on(Channel channel, Duration timeout);
  }

  private static final Set<ErrorCode> RETRIED =
      Set.of(
          ErrorCode.UNAVAILABLE,
          ErrorCode.THROTTLED,
          ErrorCode.NOT_CONTROLLER,
          ErrorCode.OUTCOME_UNKNOWN,
          ErrorCode.LEADER_NOT_AVAILABLE,
          ErrorCode.REQUEST_TIMED_OUT);

  private final ClientConfig config;
  private final Clock clock;
  private final BrokerChannels channels;
  private final CountDownLatch closed = new CountDownLatch(1);

  /** Brokers that the metadata named; replaced as a whole. */
  private volatile List<BrokerAddress> learnt = List.of();

  /** The last one that answered, asked first. */
  private volatile Optional<BrokerAddress> preferred = Optional.empty();

  ClusterClient(ClientConfig config, Clock clock) {
    this.config = config;
    this.clock = clock;
    this.channels = new BrokerChannels(config);
  }

  ClientConfig config() {
    return config;
  }

  Clock clock() {
    return clock;
  }

  BrokerChannels channels() {
    return channels;
  }

  /** Whether a broker was ever reached: from then on a refused connection is a restart. */
  boolean everReached() {
    return preferred.isPresent();
  }

  void learn(List<BrokerAddress> brokers) {
    learnt = List.copyOf(brokers);
  }

  Backoff newBackoff() {
    return new Backoff(
        config.retryBackoff(),
        config.maxRetryBackoff(),
        new SplittableRandom(clock.monotonicNanos()));
  }

  /** Calls any broker within the request time-out. */
  <T> T callAny(Call<T> call) {
    return callAny(config.requestTimeout(), call);
  }

  /**
   * Calls brokers in turn until one answers.
   *
   * @throws MillraceException what the last broker said, or which addresses can't be reached
   */
  <T> T callAny(Duration timeout, Call<T> call) {
    return callUntil(timeout, call, answer -> true);
  }

  /**
   * Calls brokers in turn until one answers well enough, or each was asked once.
   *
   * @param enough whether no other broker need be asked; else the last answer counts
   * @throws MillraceException what the last broker said, or which addresses can't be reached
   */
  <T> T callUntil(Duration timeout, Call<T> call, Predicate<T> enough) {
    long begin = clock.monotonicMs();
    long deadline = begin + timeout.toMillis();
    Backoff backoff = newBackoff();
    while (true) {
      List<MillraceException> failures = new ArrayList<>();
      List<BrokerAddress> addresses = candidates();
      Optional<T> answer = Optional.empty();
      for (BrokerAddress address : addresses) {
        try {
          Duration patience = attemptTimeout(deadline, addresses.size(), answer.isPresent());
          answer = Optional.of(call.on(channels.channel(address), patience));
          preferred = Optional.of(address);
          if (enough.test(answer.get())) {
            return answer.get();
          }
        } catch (RuntimeException e) {
          MillraceException failure = GrpcErrors.translate(e, address);
          if (answer.isEmpty()) {
            failures.add(retryableOrThrow(failure, address));
          }
        }
      }
      if (answer.isPresent()) {
        return answer.get();
      }
      MillraceException failure = summary(failures);
      boolean unreached =
          !everReached() && failures.stream().allMatch(GrpcErrors::isConnectionFailure);
      long patience = unreached ? begin + config.bootstrapPatience().toMillis() : deadline;
      pauseOrThrow(backoff.nextMs(), Math.min(deadline, patience), failure);
      addresses.forEach(channels::dialNow);
    }
  }

  /**
   * Waits before a retry.
   *
   * @throws MillraceException the failure, if the pause would pass the deadline or this is closed
   */
  void pauseOrThrow(long pauseMs, long deadlineMs, MillraceException failure) {
    if (clock.monotonicMs() + pauseMs >= deadlineMs) {
      throw failure;
    }
    try {
      if (closed.await(pauseMs, TimeUnit.MILLISECONDS)) {
        throw new MillraceException(ErrorCode.UNAVAILABLE, "the client is closed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MillraceException(ErrorCode.UNAVAILABLE, "interrupted while waiting to retry");
    }
  }

  private MillraceException retryableOrThrow(MillraceException e, BrokerAddress address) {
    boolean answered = !GrpcErrors.isConnectionFailure(e);
    if (answered && e.code() != ErrorCode.REQUEST_TIMED_OUT) {
      preferred = Optional.of(address);
    }
    if (!RETRIED.contains(e.code())) {
      throw e;
    }
    return e;
  }

  /** The brokers to ask, in this order. */
  List<BrokerAddress> candidates() {
    Set<BrokerAddress> all = new LinkedHashSet<>();
    preferred.ifPresent(all::add);
    all.addAll(config.bootstrap());
    all.addAll(learnt);
    return List.copyOf(all);
  }

  /**
   * With several brokers to ask, a silent one must not use up the whole time; less so if there is
   * an answer already.
   */
  private Duration attemptTimeout(long deadlineMs, int candidates, boolean answered) {
    long left = Math.max(1, deadlineMs - clock.monotonicMs());
    long most = answered ? config.connectTimeout().toMillis() : Long.MAX_VALUE;
    return Duration.ofMillis(candidates == 1 ? left : Math.max(1, Math.min(most, left / 2)));
  }

  private MillraceException summary(List<MillraceException> failures) {
    if (failures.size() == 1) {
      return failures.get(0);
    }
    Optional<MillraceException> answered =
        failures.stream().filter(e -> !GrpcErrors.isConnectionFailure(e)).findFirst();
    if (answered.isPresent()) {
      return answered.get();
    }
    String text = failures.stream().map(e -> e.error().message()).collect(Collectors.joining("; "));
    Map<String, String> details =
        Map.of(
            GrpcErrors.CONNECTION,
            "failed",
            GrpcErrors.ADDRESS,
            failures.stream()
                .map(e -> e.error().details().getOrDefault(GrpcErrors.ADDRESS, ""))
                .collect(Collectors.joining(",")));
    return new MillraceException(new MillraceError(ErrorCode.UNAVAILABLE, text, details));
  }

  @Override
  public void close() {
    closed.countDown();
    channels.close();
  }
}
