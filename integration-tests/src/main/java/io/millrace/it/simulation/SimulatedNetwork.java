package io.millrace.it.simulation;

import io.millrace.common.time.VirtualTime;
import java.util.ArrayList;
import java.util.List;
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
  private long connections;
  private boolean healed;

  /** The node's end of a connection. */
  interface Receiver {
    /** A message came in. */
    void receive(Connection from, Object message);

    /** Nothing more will come in. */
    void closed(Connection connection);
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
    Connection connection = new Connection(++connections, node, client);
    open.add(connection);
    return connection;
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

  private long delayMicros() {
    int usual = maxDelayMicros / 8 + 1;
    return 1L + (random.nextInt(10) == 0 ? random.nextInt(maxDelayMicros) : random.nextInt(usual));
  }

  /** One connection. */
  final class Connection {
    private final long id;
    private final Receiver node;
    private final Client client;
    private long lastAtNode;
    private long lastAtClient;
    private boolean clientGone;
    private boolean nodeGone;
    private boolean silent;

    private Connection(long id, Receiver node, Client client) {
      this.id = id;
      this.node = node;
      this.client = client;
    }

    /** Names the connection; larger than those before it. */
    long id() {
      return id;
    }

    /** Sends to the node, behind what was sent before. */
    void sendToNode(Object message) {
      if (!clientGone && !silent) {
        lastAtNode = Math.max(lastAtNode, time.nowMicros() + delayMicros());
        time.scheduleMicros(lastAtNode - time.nowMicros(), () -> arriveAtNode(message));
      }
    }

    private void arriveAtNode(Object message) {
      if (!nodeGone) {
        node.receive(this, message);
      }
    }

    /** Sends to the client, behind what was sent before. */
    void sendToClient(Object message) {
      if (!clientGone && !silent) {
        lastAtClient = Math.max(lastAtClient, time.nowMicros() + delayMicros());
        time.scheduleMicros(lastAtClient - time.nowMicros(), () -> arriveAtClient(message));
      }
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

    /** The connection breaks. */
    void breakDown() {
      if (!clientGone) {
        trace.add("connection %d breaks", id);
        end();
        time.scheduleMicros(delayMicros(), client::closed);
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
      time.scheduleMicros(
          nodeHearsMicros,
          () -> {
            if (!nodeGone) {
              nodeGone = true;
              node.closed(this);
            }
          });
    }

    @Override
    public String toString() {
      return "connection " + id;
    }
  }
}
