package io.millrace.broker.server;

import io.millrace.common.file.RealFileStore;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A cluster of two whole nodes in the test's process: node 1 is the only voter, and so the
 * controller; node 2 is a broker that follows it.
 */
public final class TwoNodes implements AutoCloseable {
  private final TestNode controller;
  private final TestNode follower;
  private final String voter;

  private TwoNodes(TestNode controller, TestNode follower, String voter) {
    this.controller = controller;
    this.follower = follower;
    this.voter = voter;
  }

  /**
   * Starts both.
   *
   * @param data for the directories of both
   * @param settings what both have in their files
   */
  public static TwoNodes start(Path data, String... settings) throws IOException {
    List<Integer> ports = freePorts(2);
    String voter = "1@127.0.0.1:" + ports.get(0) + ":" + ports.get(1);
    TestNode controller =
        TestNode.start(
            data.resolve("1"),
            new RealFileStore(),
            builder ->
                builder
                    .flags(
                        "test",
                        List.of(
                            "quorum.voters=" + voter,
                            "listener.quorum=127.0.0.1:" + ports.get(0),
                            "listener.internal=127.0.0.1:" + ports.get(1)))
                    .file("node.properties", String.join("\n", settings)));
    return new TwoNodes(controller, broker(2, voter, data.resolve("2"), settings), voter);
  }

  private static TestNode broker(int id, String voter, Path data, String... settings) {
    return TestNode.start(
        data,
        new RealFileStore(),
        builder ->
            builder
                .flags(
                    "test",
                    List.of("node.id=" + id, "process.roles=broker", "quorum.voters=" + voter))
                .file("node.properties", String.join("\n", settings)));
  }

  /** A further broker, for the caller to close. */
  public TestNode startBroker(int id, Path data) {
    return broker(id, voter, data);
  }

  /** Has another broker register and end: it stays registered, and fenced. */
  public void registerAway(Path data, int id) throws InterruptedException {
    startBroker(id, data.resolve("" + id)).close();
  }

  /** Free at the moment; held together so that they differ. */
  private static List<Integer> freePorts(int count) throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ServerSocket socket = drawn();
      held.add(socket);
      ports.add(socket.getLocalPort());
    }
    for (ServerSocket socket : held) {
      socket.close();
    }
    return ports;
  }

  /** Below the ports that systems give to outgoing connections, which would take them before us. */
  private static ServerSocket drawn() throws IOException {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(10_000, 20_000);
      try {
        return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
      } catch (BindException taken) {
        // The next one.
      }
    }
  }

  /** Node 1. */
  public TestNode controller() {
    return controller;
  }

  /** Node 2, whose controller is never the active one. */
  public TestNode follower() {
    return follower;
  }

  @Override
  public void close() throws InterruptedException {
    follower.close();
    controller.close();
  }
}
