package io.millrace.broker.server;

import io.millrace.broker.metadata.BrokerSession;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.metadata.ControllerSessions;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.rpc.RemoteSessions;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;

/** Puts together both ends of the brokers' sessions. */
final class NodeSession {
  /** How long an end waits for a controller that is there but slow to answer. */
  private static final long FAREWELL_MS = 3_000;

  private NodeSession() {}

  /**
   * The sessions of all brokers with this node's controller; in the {@link Startup} to be ended.
   */
  static ControllerSessions ofController(
      EffectiveConfig config,
      ServerEnvironment environment,
      Startup startup,
      ListenerDialer dialer,
      MetadataQuorum local) {
    TimerThread thread = thread("controller-upkeep", environment, startup);
    ControllerSessions all =
        new ControllerSessions(
            SessionSettings.upkeep(config),
            local,
            environment.clock(),
            thread,
            dialer,
            environment.faults());
    startup.opened("sessions of brokers", all::close);
    return all;
  }

  /** This broker's own session; in the {@link Startup} to be ended. */
  static BrokerSession ofBroker(
      EffectiveConfig config,
      ServerEnvironment environment,
      Startup startup,
      MetadataQuorum quorum,
      RemoteSessions links) {
    BrokerSession session =
        new BrokerSession(
            SessionSettings.session(config),
            quorum,
            links,
            thread("broker-session", environment, startup),
            environment.clock(),
            new SplittableRandom(environment.clock().monotonicNanos())::nextDouble);
    startup.opened("broker session", () -> await(session.end(), FAREWELL_MS));
    return session;
  }

  /** The ways to the controllers. */
  static RemoteSessions links(
      EffectiveConfig config,
      String clusterId,
      NodeLink link,
      IntFunction<Optional<Endpoint>> endpoints,
      Optional<ControllerSessions> own) {
    return new RemoteSessions(
        clusterId, config.get(NodeSettings.NODE_ID), link.channels(), endpoints, own);
  }

  private static TimerThread thread(String name, ServerEnvironment environment, Startup startup) {
    TimerThread thread = new TimerThread(name, new UncaughtThrowables(environment.faults()));
    startup.opened(name, thread::close);
    return thread;
  }

  /**
   * Waits for a step of an orderly end that may not come: without a controller there is nobody to
   * answer.
   *
   * @return what came of it; empty if nothing came
   */
  static <T> Optional<T> await(CompletableFuture<T> step, long timeoutMs) {
    try {
      return Optional.ofNullable(step.get(timeoutMs, TimeUnit.MILLISECONDS));
    } catch (TimeoutException | ExecutionException notToday) {
      // The sessions' time-out does the rest.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Optional.empty();
  }
}
