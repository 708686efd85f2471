package io.millrace.it.cluster;

import io.millrace.cli.LocalNode;
import java.io.IOException;
import java.util.List;

/** How the nodes of a cluster of processes reach each other, and how clients reach them. */
public interface Addressing {
  /** All on loopback, with nothing between them. */
  Addressing DIRECT =
      new Addressing() {
        @Override
        public void open(List<LocalNode> nodes) {}

        @Override
        public String host(int node) {
          return "127.0.0.1";
        }

        @Override
        public String clients(int node, LocalNode local) {
          return local.clients();
        }

        @Override
        public List<String> jvmOptions(int node) {
          return List.of();
        }
      };

  /** Called once, before any node is started; nodes are numbered from 1. */
  void open(List<LocalNode> nodes) throws IOException;

  /** The name under which other nodes reach a node. */
  String host(int node);

  /** The host:port that clients are told of. */
  String clients(int node, LocalNode local);

  /** What the node's JVM needs for it. */
  List<String> jvmOptions(int node);
}
