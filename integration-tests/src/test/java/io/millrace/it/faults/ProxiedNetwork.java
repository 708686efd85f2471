package io.millrace.it.faults;

import io.millrace.cli.LocalNode;
import io.millrace.it.cluster.Addressing;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A network between the processes of one machine in which each link can be cut or held up by
 * itself, in one direction too. Thread-safe.
 *
 * <p>The nodes know each other by name, and each has names of its own for the others (a hosts file
 * for its JVM): they lead to a {@link LinkProxy} that stands for the way from that one node to that
 * other one. Clients reach node N by {@code 127.1.100.N}.
 */
final class ProxiedNetwork implements Addressing, AutoCloseable {
  /** Stands for all clients, as the end of a link. */
  static final int CLIENTS = 100;

  /** Of the doors from a node to another: the one to the other's internal listener. */
  private static final int INTERNAL = 0;

  private static final String LOOPBACK = "127.0.0.1";

  private final Path home;
  private final List<Integer> nodes = new ArrayList<>();

  /** From whom to whom bytes go. */
  private final Map<Link, LinkGate> gates = new HashMap<>();

  /** Who dials whom. */
  private final Map<Link, List<LinkProxy>> proxies = new HashMap<>();

  private record Link(int from, int to) {}

  /**
   * A network without nodes.
   *
   * @param home where the hosts files lie
   */
  ProxiedNetwork(Path home) {
    this.home = home;
  }

  @Override
  public void open(List<LocalNode> all) throws IOException {
    for (int i = 1; i <= all.size(); i++) {
      nodes.add(i);
    }
    for (int to : nodes) {
      LocalNode target = all.get(to - 1);
      List<Integer> froms = new ArrayList<>(nodes);
      froms.add(CLIENTS);
      froms.remove((Integer) to);
      for (int from : froms) {
        List<LinkProxy> doors = new ArrayList<>();
        for (int port : ports(from, target)) {
          doors.add(
              new LinkProxy(
                  new InetSocketAddress(address(from, to), port),
                  new InetSocketAddress(LOOPBACK, port),
                  gate(from, to),
                  gate(to, from)));
        }
        proxies.put(new Link(from, to), doors);
      }
    }
    for (int node : nodes) {
      Files.write(hosts(node), names(node));
    }
  }

  /** Clients use the first of a node's ports, other nodes the two after it. */
  private static List<Integer> ports(int from, LocalNode target) {
    return from == CLIENTS ? List.of(target.port()) : List.of(target.port() + 1, target.port() + 2);
  }

  private LinkGate gate(int from, int to) {
    return gates.computeIfAbsent(new Link(from, to), link -> new LinkGate());
  }

  private static String address(int from, int to) {
    return "127.1." + from + "." + to;
  }

  private Path hosts(int node) {
    return home.resolve("hosts-" + node);
  }

  private List<String> names(int node) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add(LOOPBACK + " localhost " + InetAddress.getLocalHost().getHostName());
    for (int other : nodes) {
      lines.add((other == node ? LOOPBACK : address(node, other)) + " " + host(other));
    }
    return lines;
  }

  @Override
  public String host(int node) {
    return "node-" + node;
  }

  @Override
  public String clients(int node, LocalNode local) {
    return address(CLIENTS, node) + ":" + local.port();
  }

  @Override
  public List<String> jvmOptions(int node) {
    return List.of("-Djdk.net.hosts.file=" + hosts(node));
  }

  /** Holds up what one end sends to another, and nothing else. */
  void hold(int from, int to) {
    gate(from, to).hold();
  }

  /** Holds up everything between a node and all other nodes, and clients if told so. */
  void silence(int node, boolean clientsToo) {
    others(node, clientsToo)
        .forEach(
            other -> {
              hold(node, other);
              hold(other, node);
            });
  }

  /** Holds up what a node sends to all other nodes: it hears, and is not heard. */
  void mute(int node) {
    others(node, false).forEach(other -> hold(node, other));
  }

  /** Holds up what other nodes send to a node: it is heard, and does not hear. */
  void deafen(int node) {
    others(node, false).forEach(other -> hold(other, node));
  }

  /** Resets the connections between a node and all other nodes, and refuses new ones. */
  void cut(int node) {
    for (int other : others(node, false)) {
      doors(node, other).forEach(LinkProxy::cut);
      doors(other, node).forEach(LinkProxy::cut);
    }
  }

  /** Resets the connections to a node's internal listener, and refuses new ones; it reaches all. */
  void starve(int node) {
    others(node, false).forEach(other -> doors(other, node).get(INTERNAL).cut());
  }

  /** A node's process has ended: who dials it is refused, as without anything between. */
  void ended(int node) {
    others(node, true).forEach(other -> doors(other, node).forEach(LinkProxy::cut));
  }

  /** A node's process is about to begin. */
  void begins(int node) {
    others(node, true).forEach(other -> doors(other, node).forEach(LinkProxy::mend));
  }

  private List<LinkProxy> doors(int from, int to) {
    return proxies.getOrDefault(new Link(from, to), List.of());
  }

  private List<Integer> others(int node, boolean clientsToo) {
    List<Integer> others = new ArrayList<>(nodes);
    others.remove((Integer) node);
    if (clientsToo) {
      others.add(CLIENTS);
    }
    return others;
  }

  /** Everybody reaches everybody again. */
  void heal() {
    proxies.values().forEach(doors -> doors.forEach(LinkProxy::mend));
    gates.values().forEach(LinkGate::open);
  }

  @Override
  public void close() {
    proxies.values().forEach(doors -> doors.forEach(LinkProxy::close));
  }
}
