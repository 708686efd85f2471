package io.millrace.it.simulation;

import io.millrace.it.simulation.SimulatedNetwork.Route;
import java.util.HashSet;
import java.util.Set;

/** Which ways of the network are cut. Confined to the simulation's thread. */
final class Cuts {
  /** Stands for the controllers. */
  static final int CONTROLLERS = 0;

  /** Stands for the clients. */
  static final int CLIENTS = -1;

  private final Set<Way> cut = new HashSet<>();

  private record Way(int from, int to) {}

  boolean isOpen(int from, int to) {
    return cut.isEmpty() || !cut.contains(new Way(from, to));
  }

  /** Whether messages get through both ways. */
  boolean isOpenBothWays(int one, int other) {
    return isOpen(one, other) && isOpen(other, one);
  }

  /** Cuts a way; false if it is cut already. */
  boolean cut(int from, int to) {
    return cut.add(new Way(from, to));
  }

  void mend(int from, int to) {
    cut.remove(new Way(from, to));
  }

  void mendAll() {
    cut.clear();
  }

  /** The way between a client and a node. */
  Route route(int client, int node) {
    return towardsNode -> towardsNode ? isOpen(client, node) : isOpen(node, client);
  }
}
