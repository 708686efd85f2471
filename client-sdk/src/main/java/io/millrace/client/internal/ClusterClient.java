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
import java.util.Comparator;
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

  /** Who waits for a leader pauses at first at most for so many first pauses. */
  private static final int LEADER_BACKOFFS = 4;

  /**
   * So long: twice what a broker may be silent before others lead, by default. Who is without a
   * leader then may be so for hours.
   */
  private static final Duration ELECTION = Duration.ofSeconds(6);

  /** Who is to be answered by a leader and hears nothing for so long asks others who leads. */
  private static final Duration ANSWER_SILENCE = Duration.ofMillis(500);

  /** Who was told of no other leader for long asks so often. */
  private static final Duration LONG_ANSWER_SILENCE = Duration.ofSeconds(2);

  /** A look-up that takes longer is tried at another broker; in the next round twice as long. */
  private static final long LOOK_UP_PATIENCE_MS = 500;

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
    return new Backoff(config.retryBackoff(), config.maxRetryBackoff(), newRandom());
  }

  /**
   * Of who waits for a leader: another one is chosen within a second or so of the end of the last,
   * and nobody is to sleep through it.
   */
  Backoff newLeaderBackoff() {
    return new Backoff(
        config.retryBackoff(),
        config.maxRetryBackoff(),
        config.retryBackoff().multipliedBy(LEADER_BACKOFFS),
        ELECTION,
        newRandom());
  }

  /** Of who could not read from a follower and stays at the leader: that costs no records. */
  Backoff newReplicaBackoff(long longestMs) {
    return new Backoff(config.maxRetryBackoff(), Duration.ofMillis(longestMs), newRandom());
  }

  /**
   * Of who hears nothing from a leader, and asks others who leads: at one pace for as long as an
   * election may take, then ever more rarely.
   */
  LeaderSilence newLeaderSilence(Duration patience, Duration longest) {
    return new LeaderSilence(
        patience, new Backoff(patience, longest, patience, ELECTION, newRandom()));
  }

  /** Of who waits for a leader's answer. */
  LeaderSilence newAnswerSilence() {
    return newLeaderSilence(ANSWER_SILENCE, LONG_ANSWER_SILENCE);
  }

  private SplittableRandom newRandom() {
    return new SplittableRandom(clock.monotonicNanos());
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
    return callInTurn(new Turns(timeout, Long.MAX_VALUE, Set.of()), call, answer -> true);
  }

  /**
   * Looks something up that any broker tells at once: in turn, until one answers well enough, or
   * each was asked once. One that is silent does not keep the others from being asked.
   *
   * @param askedLast those that may be silent, or know less than others
   * @param enough whether no other broker need be asked; else the last answer counts
   * @throws MillraceException what the last broker said, or which addresses can't be reached
   */
  <T> T lookUp(Duration timeout, Set<BrokerAddress> askedLast, Call<T> call, Predicate<T> enough) {
    return callInTurn(new Turns(timeout, LOOK_UP_PATIENCE_MS, askedLast), call, enough);
  }

  /**
   * How brokers are called in turn.
   *
   * @param timeout for all of it
   * @param patienceMs with one broker in the first round; twice as much in each further one
   * @param askedLast those that are called after the others
   */
  private record Turns(Duration timeout, long patienceMs, Set<BrokerAddress> askedLast) {
    /** In the round after this one. */
    Turns next() {
      return new Turns(timeout, Math.max(patienceMs, patienceMs * 2), askedLast);
    }
  }

  private <T> T callInTurn(Turns first, Call<T> call, Predicate<T> enough) {
    Turns turns = first;
    long begin = clock.monotonicMs();
    long deadline = begin + first.timeout().toMillis();
    Backoff backoff = newBackoff();
    while (true) {
      List<MillraceException> failures = new ArrayList<>();
      List<BrokerAddress> addresses = candidates(turns.askedLast());
      Optional<T> answer = Optional.empty();
      for (BrokerAddress address : addresses) {
        try {
          Duration patience = attemptTimeout(turns, deadline, addresses.size(), answer.isPresent());
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
      turns = turns.next();
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
    return candidates(Set.of());
  }

  private List<BrokerAddress> candidates(Set<BrokerAddress> askedLast) {
    Set<BrokerAddress> all = new LinkedHashSet<>();
    preferred.ifPresent(all::add);
    all.addAll(config.bootstrap());
    all.addAll(learnt);
    // Stable: among themselves they stay in their order.
    return all.stream().sorted(Comparator.comparing(askedLast::contains)).toList();
  }

  /**
   * With several brokers to ask, a silent one must not use up the whole time; less so if there is
   * an answer already.
   */
  private Duration attemptTimeout(Turns turns, long deadlineMs, int candidates, boolean answered) {
    long left = Math.max(1, deadlineMs - clock.monotonicMs());
    long most = answered ? config.connectTimeout().toMillis() : turns.patienceMs();
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
