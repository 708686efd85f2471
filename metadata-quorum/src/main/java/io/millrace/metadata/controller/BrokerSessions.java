package io.millrace.metadata.controller;

import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Which brokers the active controller has heard of, and when. A plain value machine: times come in,
 * what is to be done goes out. Confined to one thread.
 *
 * <p>A broker is given up when it has not been heard of for the session time-out. Its process is
 * known to have ended, and is given up after a short grace, only if its connection is closed and
 * its listener refuses a new one: silence alone may be a pause or a network that is cut.
 *
 * <p>All times are of one monotonic clock, in milliseconds. If the controller itself was late, the
 * brokers are not to blame: all sessions last longer by as much.
 */
public final class BrokerSessions {
  private final Settings settings;
  private final TreeMap<Integer, Session> sessions = new TreeMap<>();
  private long lastTickMs;
  private boolean active;

  /**
   * How long brokers are waited for.
   *
   * @param sessionTimeoutMs how long a broker may be silent
   * @param refusedGraceMs how long after its listener refused a connection
   * @param tickMs how often {@link #tick} is called
   * @param fenceAgainMs after how long the fencing of a broker is asked for again that is not
   *     fenced yet
   */
  public record Settings(
      long sessionTimeoutMs, long refusedGraceMs, long tickMs, long fenceAgainMs) {
    /** 3 s, 500 ms after a refused connection, looked at each 100 ms. */
    public static final Settings DEFAULTS = new Settings(3_000, 500, 100, 2_000);

    public Settings {
      if (sessionTimeoutMs < 1 || refusedGraceMs < 0 || tickMs < 1 || fenceAgainMs < 1) {
        throw new IllegalArgumentException(
            "sessionTimeoutMs: "
                + sessionTimeoutMs
                + ", refusedGraceMs: "
                + refusedGraceMs
                + ", tickMs: "
                + tickMs
                + ", fenceAgainMs: "
                + fenceAgainMs
                + " (expected: all >= 1, the grace >= 0)");
      }
    }
  }

  /** What is to be done. */
  public sealed interface Effect {
    /**
     * The broker is given up.
     *
     * @param why for the log
     */
    record Fence(int brokerId, long brokerEpoch, String why) implements Effect {}

    /** Its listener is to be asked whether it refuses a connection. */
    record Dial(int brokerId, long brokerEpoch) implements Effect {}
  }

  private static final class Session {
    private final long brokerEpoch;
    private final UUID incarnationId;

    /** When the broker is given up. */
    private long deadlineMs;

    /** Whether its listener has refused a connection since it was heard of. */
    private boolean refused;

    /** Whether its fencing was asked for since it was heard of. */
    private boolean givenUp;

    Session(BrokerImage broker, long deadlineMs) {
      this.brokerEpoch = broker.epoch();
      this.incarnationId = broker.registration().incarnationId();
      this.deadlineMs = deadlineMs;
    }
  }

  public BrokerSessions(Settings settings) {
    this.settings = settings;
  }

  /**
   * The controller became active: the sessions of all brokers that are not fenced begin, full. None
   * of them is connected yet, so all are to be dialled.
   */
  public List<Effect> activate(MetadataImage image, long nowMs) {
    sessions.clear();
    active = true;
    lastTickMs = nowMs;
    return begin(image, nowMs);
  }

  /** Begins the sessions of the brokers that are not fenced and have none. */
  private List<Effect> begin(MetadataImage image, long nowMs) {
    List<Effect> dials = new ArrayList<>();
    for (BrokerImage broker : image.brokers().values()) {
      if (!broker.fenced() && find(broker.id(), broker.epoch()).isEmpty()) {
        sessions.put(broker.id(), new Session(broker, nowMs + settings.sessionTimeoutMs()));
        dials.add(new Effect.Dial(broker.id(), broker.epoch()));
      }
    }
    return dials;
  }

  /** The controller is no longer active. */
  public void deactivate() {
    active = false;
    sessions.clear();
  }

  /**
   * A broker registered, or sent a heartbeat. Ignored for another registration than the image's.
   */
  public void heard(MetadataImage image, int brokerId, long brokerEpoch, long nowMs) {
    image
        .broker(brokerId)
        .filter(broker -> broker.epoch() == brokerEpoch)
        .ifPresent(
            broker ->
                sessions.put(brokerId, new Session(broker, nowMs + settings.sessionTimeoutMs())));
  }

  /** A broker's connection was closed: it is to be dialled. */
  public List<Effect> disconnected(int brokerId, long brokerEpoch) {
    return find(brokerId, brokerEpoch).isPresent()
        ? List.of(new Effect.Dial(brokerId, brokerEpoch))
        : List.of();
  }

  /** The listener of a broker that is not connected refused a connection: its process ended. */
  public void refused(int brokerId, long brokerEpoch, long nowMs) {
    find(brokerId, brokerEpoch)
        .filter(session -> !session.refused)
        .ifPresent(
            session -> {
              session.refused = true;
              session.deadlineMs = Math.min(session.deadlineMs, nowMs + settings.refusedGraceMs());
            });
  }

  /** The process that was last heard of under a node id, while its session lasts. */
  public Optional<UUID> liveIncarnation(int brokerId) {
    return Optional.ofNullable(sessions.get(brokerId))
        .filter(session -> !session.givenUp)
        .map(session -> session.incarnationId);
  }

  /**
   * Time passes; to be called every {@link Settings#tickMs}.
   *
   * <p>A heartbeat that was submitted to an earlier controller and carried out by this one can take
   * the fence from a broker that this one never heard of: its session begins here.
   */
  public List<Effect> tick(MetadataImage image, long nowMs) {
    if (!active) {
      return List.of();
    }
    long lateMs = nowMs - lastTickMs - settings.tickMs();
    lastTickMs = nowMs;
    if (lateMs > settings.tickMs()) {
      sessions.values().forEach(session -> session.deadlineMs += lateMs);
    }
    List<Effect> effects = begin(image, nowMs);
    sessions
        .entrySet()
        .removeIf(
            entry -> {
              Optional<BrokerImage> broker =
                  image
                      .broker(entry.getKey())
                      .filter(known -> known.epoch() == entry.getValue().brokerEpoch);
              boolean expired = nowMs >= entry.getValue().deadlineMs;
              if (broker.isEmpty() || (expired && broker.get().fenced())) {
                return true;
              }
              if (expired) {
                effects.add(expire(broker.get(), entry.getValue(), nowMs));
              }
              return false;
            });
    return effects;
  }

  private Effect expire(BrokerImage broker, Session session, long nowMs) {
    session.deadlineMs = nowMs + settings.fenceAgainMs();
    session.givenUp = true;
    String why =
        session.refused
            ? "its process has ended: its listener refuses connections"
            : "it has not been heard of for " + settings.sessionTimeoutMs() + " ms";
    return new Effect.Fence(broker.id(), broker.epoch(), why);
  }

  private Optional<Session> find(int brokerId, long brokerEpoch) {
    return Optional.ofNullable(sessions.get(brokerId))
        .filter(session -> session.brokerEpoch == brokerEpoch);
  }
}
