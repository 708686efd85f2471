package io.millrace.it.simulation;

import io.millrace.common.time.VirtualTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Connections between clients and nodes. Confined to the simulation's thread.
 *
 * <p>Within a connection messages keep their order and are never doubled, as over TCP; across
 * connections anything goes. What is lost is lost by the end of a connection: the client learns of
 * it soon or (a silent one) never, and the node goes on receiving what was under way for a while.
 */
final class SimulatedNetwork {
  private final VirtualTime time;
  private final SplittableRandom random;
  private final Trace trace;
  private final int maxDelayMicros;
  private final List<Connection> open = new ArrayList<>();

  /** Those with messages that do not get through at the moment. */
  private final Set<Connection> held = new LinkedHashSet<>();

  private long connections;
  private boolean healed;

  /** The node's end of a connection. */
  interface Receiver {
    /** A message came in. */
    void receive(Connection from, Object message);

    /** Nothing more will come in. */
    void closed(Connection connection);
  }

  /** The way between the two ends of a connection. */
  @FunctionalInterface
  interface Route {
    /** A way on which everything gets through. */
    Route OPEN = towardsNode -> true;

    /**
     * Whether messages get through at the moment; those that do not wait until they do.
     *
     * @param towardsNode from the client to the node, or the other way
     */
    boolean isOpen(boolean towardsNode);
  }

  /** The client's end of a connection. */
  interface Client {
    /** An answer came in. */
    void receive(Object message);

    /** The connection is gone; called once, unless the client closed it. */
    void closed();
  }

  SimulatedNetwork(VirtualTime time, SplittableRandom random, Trace trace, int maxDelayMicros) {
    this.time = time;
    this.random = random;
    this.trace = trace;
    this.maxDelayMicros = maxDelayMicros;
  }

  /** A new connection; messages may be sent at once. */
  Connection connect(Receiver node, Client client) {
    return connect(node, client, Route.OPEN);
  }

  /** A new connection on such a way. */
  Connection connect(Receiver node, Client client, Route route) {
    Connection connection = new Connection(++connections, node, client, route);
    open.add(connection);
    return connection;
  }

  /** Some routes are open that were not: what is held up on them goes on. */
  void routesChanged() {
    List<Connection> all = List.copyOf(held);
    held.clear();
    all.forEach(Connection::goOn);
  }

  /** From now on connections neither break nor fall silent by themselves. */
  void heal() {
    healed = true;
    List.copyOf(open).stream().filter(c -> c.silent).forEach(Connection::breakDown);
  }

  /** The open connections. */
  List<Connection> connections() {
    return open;
  }

  /** The node of these connections died: what is under way to it is lost. */
  void nodeDied(Receiver node) {
    for (Connection connection : List.copyOf(open)) {
      if (connection.node == node) {
        connection.nodeGone = true;
        connection.breakDown();
      }
    }
  }

  /** The machine of these connections is gone: nobody hears of it, and nothing gets through. */
  void nodeVanished(Receiver node) {
    for (Connection connection : List.copyOf(open)) {
      if (connection.node == node) {
        connection.vanish();
      }
    }
  }

  private long delayMicros() {
    int usual = maxDelayMicros / 8 + 1;
    return 1L + (random.nextInt(10) == 0 ? random.nextInt(maxDelayMicros) : random.nextInt(usual));
  }

  /** One connection. */
  final class Connection {
    private final long id;
    private final Receiver node;
    private final Client client;
    private final Route route;
    private final Deque<Runnable> heldToNode = new ArrayDeque<>();
    private final Deque<Runnable> heldToClient = new ArrayDeque<>();
    private long lastAtNode;
    private long lastAtClient;
    private boolean clientGone;
    private boolean nodeGone;
    private boolean silent;

    /** The node has ended it, which the client hears behind what was sent before. */
    private boolean endedByNode;

    private Connection(long id, Receiver node, Client client, Route route) {
      this.id = id;
      this.node = node;
      this.client = client;
      this.route = route;
    }

    /** Names the connection; larger than those before it. */
    long id() {
      return id;
    }

    /** Whether this is the node at its other end. */
    boolean leadsTo(Receiver other) {
      return node == other;
    }

    /** Sends to the node, behind what was sent before. */
    void sendToNode(Object message) {
      if (!clientGone && !silent) {
        lastAtNode = Math.max(lastAtNode, time.nowMicros() + delayMicros());
        time.scheduleMicros(
            lastAtNode - time.nowMicros(), () -> arrive(true, () -> arriveAtNode(message)));
      }
    }

    private void arriveAtNode(Object message) {
      if (!nodeGone) {
        node.receive(this, message);
      }
    }

    /** Something is there, if the route lets it through. */
    private void arrive(boolean towardsNode, Runnable delivery) {
      Deque<Runnable> before = towardsNode ? heldToNode : heldToClient;
      if (before.isEmpty() && route.isOpen(towardsNode)) {
        delivery.run();
      } else {
        before.add(delivery);
        held.add(this);
      }
    }

    private void goOn() {
      letThrough(true, heldToNode);
      letThrough(false, heldToClient);
      if (!heldToNode.isEmpty() || !heldToClient.isEmpty()) {
        held.add(this);
      }
    }

    private void letThrough(boolean towardsNode, Deque<Runnable> waiting) {
      while (!waiting.isEmpty() && route.isOpen(towardsNode)) {
        waiting.remove().run();
      }
    }

    /** Sends to the client, behind what was sent before. */
    void sendToClient(Object message) {
      if (!clientGone && !silent && !endedByNode) {
        deliverToClient(() -> arriveAtClient(message));
      }
    }

    private void deliverToClient(Runnable delivery) {
      lastAtClient = Math.max(lastAtClient, time.nowMicros() + delayMicros());
      time.scheduleMicros(lastAtClient - time.nowMicros(), () -> arrive(false, delivery));
    }

    private void arriveAtClient(Object message) {
      if (!clientGone && !silent) {
        client.receive(message);
      }
    }

    /** The client ends the connection; it hears no more of it. */
    void close() {
      if (!clientGone) {
        end();
      }
    }

    /** The node ends the connection; it hears no more of it. */
    void closeByNode() {
      if (!nodeGone) {
        nodeGone = true;
        endedByNode = true;
        deliverToClient(this::endOfNodeArrives);
      }
    }

    private void endOfNodeArrives() {
      if (!clientGone && !silent) {
        clientGone = true;
        open.remove(this);
        client.closed();
      }
    }

    /** One of the ends is gone, and nobody hears of it. */
    void vanish() {
      silent = true;
      open.remove(this);
    }

    /** The connection breaks. */
    void breakDown() {
      if (!clientGone) {
        trace.add("connection %d breaks", id);
        end();
        time.scheduleMicros(delayMicros(), () -> arrive(false, client::closed));
      }
    }

    /** Nothing goes through any more, and nobody is told. */
    void fallSilent() {
      if (!healed) {
        trace.add("connection %d falls silent", id);
        silent = true;
      }
    }

    /**
     * The node learns of the end after some of what is under way has come in, or after all of it.
     */
    private void end() {
      clientGone = true;
      open.remove(this);
      long lastMicros = Math.max(0, lastAtNode - time.nowMicros());
      long nodeHearsMicros =
          random.nextBoolean() ? lastMicros + 1 : random.nextLong(lastMicros + 1) + 1;
      time.scheduleMicros(nodeHearsMicros, () -> arrive(true, this::endOfClientArrives));
    }

    private void endOfClientArrives() {
      if (!nodeGone) {
        nodeGone = true;
        node.closed(this);
      }
    }

    @Override
    public String toString() {
      return "connection " + id;
    }
  }
}
