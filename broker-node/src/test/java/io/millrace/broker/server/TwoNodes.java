package io.millrace.broker.server;

import io.millrace.common.file.RealFileStore;
import io.millrace.common.net.FreePorts;
import java.nio.file.Path;
import java.util.List;

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
  public static TwoNodes start(Path data, String... settings) {
    int quorum = FreePorts.inARow(1);
    int internal = FreePorts.inARow(1);
    String voter = "1@127.0.0.1:" + quorum + ":" + internal;
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
                            "listener.quorum=127.0.0.1:" + quorum,
                            "listener.internal=127.0.0.1:" + internal))
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
