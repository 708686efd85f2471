package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.RealFileStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands say when their broker goes away under them. */
class BrokerLostTest {
  @TempDir private Path directory;

  private static InputStream text(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Input that does something when it is read, and is empty. */
  private static InputStream action(Runnable action) {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        action.run();
        return -1;
      }
    };
  }

  @Test
  void consumeTellsWhenItHasLostItsBrokerAndWhenItIsBack() {
    try (TestNode node = new TestNode(directory)) {
      node.run("topic create orders");
      node.runWithInput("one", "produce", "orders");
      BackgroundRun consume = new BackgroundRun(node, "consume orders --follow --max 2");
      Awaitility.await().until(() -> consume.out().equals("one\n"));
      assertThat(consume.err()).isEmpty();
      node.stop();
      Awaitility.await().until(() -> !consume.err().isEmpty());
      assertThat(consume.err())
          .startsWith("millrace: connection lost: ")
          .endsWith("; trying again, for 30s (--timeout)\n");
      node.start();
      Awaitility.await()
          .until(() -> consume.err().endsWith("millrace: connected again, going on\n"));
      node.runWithInput("two", "produce", "orders");
      assertThat(consume.exitCode()).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(0);
      assertThat(consume.out()).isEqualTo("one\ntwo\n");
    }
  }

  @Test
  void consumeGivesUpAfterItsTimeoutAndTellsWhereItStopped() {
    try (TestNode node = new TestNode(directory)) {
      node.run("topic create orders");
      node.runWithInput("one", "produce", "orders");
      BackgroundRun consume = new BackgroundRun(node, "consume orders --follow --timeout 500ms");
      Awaitility.await().until(() -> consume.out().equals("one\n"));
      node.stop();
      assertThat(consume.exitCode()).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(1);
      assertThat(consume.err())
          .contains("; trying again, for 500ms (--timeout)\n")
          .contains("1 record printed; stopped in orders-0 at offset 1\n")
          .doesNotContain("\tat ");
    }
  }

  @Test
  void produceSaysThatItsTopicWasDeletedAndNothingOfGoingOn() {
    try (TestNode node = new TestNode(directory)) {
      node.run("topic create gone");
      InputStream input =
          new SequenceInputStream(
              Collections.enumeration(
                  List.of(
                      text("one\n"),
                      action(
                          () -> {
                            Awaitility.await()
                                .until(() -> node.run("consume gone").out().equals("one\n"));
                            node.run("topic delete gone");
                          }),
                      text("two\n"))));
      CommandLineRun run =
          CommandLineRun.with(
              input, Map.of(ConnectionOptions.VARIABLE, node.bootstrap()), "produce", "gone");
      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.err().replaceFirst(" in \\d.*", ""))
          .isEqualTo(
              """
              2 records sent to gone, 1 acknowledged
              millrace: line 2 was the first that failed
              millrace: topic gone was deleted
              """);
    }
  }

  /** One of two data directories can't be opened any more: its partitions have no leader. */
  @Test
  void tellsAtOnceWhichPartitionsLieInADirectoryThatIsOffline() throws IOException {
    Path second = directory.resolve("b");
    try (TestNode node = new TestNode(directory.resolve("a"), second)) {
      node.run("topic create orders --partitions 2 --config retention.ms=7d");
      node.runWithInput("a\nb\nc\nd\ne\nf\n", "produce", "orders", "--partitioner", "round-robin");
      CommandLineRun before = node.run("consume orders");
      node.stop();
      int lost = Files.exists(second.resolve("orders-0")) ? 0 : 1;
      FaultPlan plan = new FaultPlan();
      plan.on(FaultPlan.Operation.LOCK).path(second + "/**").failFromThenOn("I/O error");
      node.start(new FaultyFileStore(new RealFileStore(), plan));
      CommandLineRun describe = node.run("topic describe orders");
      assertThat(describe.exitCode()).isZero();
      assertThat(describe.out())
          .containsPattern((1 - lost) + " +1 +\\d+ +1 +1 +- +- +0 +\\d\n")
          .containsPattern(lost + " +none +\\d+ +1 +- +1 +1 +\\? +\\?\n")
          .containsPattern(
              "offsets of partition "
                  + lost
                  + " not known: orders-"
                  + lost
                  + " has no leader: broker 1 has its replica in log directory [0-9a-f-]{36},"
                  + " which is offline \\[LOG_DIR_OFFLINE]\n")
          .contains("retention.ms");
      assertThat(node.run("topic describe orders -o json").out())
          .containsOnlyOnce("\"leader\": 0,")
          .containsOnlyOnce("\"offsets_unknown\": \"orders-" + lost + " has no leader");
      CommandLineRun consume = node.run("consume orders --timeout 2s");
      assertThat(consume.exitCode()).isEqualTo(1);
      assertThat(consume.err())
          .startsWith("millrace: can't read: ")
          .contains("; trying again, for 2s (--timeout)\n")
          .contains("[LOG_DIR_OFFLINE]\n");
      assertThat(node.run("consume orders --partition " + (1 - lost)).exitCode()).isZero();

      node.stop();
      node.start();
      assertThat(node.run("topic describe orders").out())
          .containsPattern("0 +1 +\\d+ +1 +1 +- +- +0 +\\d\n +1 +1 +\\d+ +1 +1 +- +- +0 +\\d\n")
          .doesNotContain("not known");
      assertThat(node.run("consume orders").out().lines())
          .containsExactlyInAnyOrderElementsOf(before.out().lines().toList());
      assertThat(before.out().lines()).hasSize(6);
    }
  }

  @Test
  void produceTellsWhatWasAcknowledgedAndWhereToGoOn() {
    try (TestNode node = new TestNode(directory)) {
      node.run("topic create orders");
      node.run("topic create warm");
      node.runWithInput("up", "produce", "warm");
      InputStream input =
          new SequenceInputStream(
              Collections.enumeration(
                  List.of(
                      text("one\ntwo\n"),
                      action(
                          () -> {
                            Awaitility.await()
                                .until(() -> node.run("consume orders").out().endsWith("two\n"));
                            node.stop();
                          }),
                      text("three\nfour\n"))));
      CommandLineRun run =
          CommandLineRun.with(
              input,
              Map.of(ConnectionOptions.VARIABLE, node.bootstrap()),
              "produce",
              "orders",
              "--delivery-timeout",
              "600ms");
      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.err().replaceFirst(" in \\d.*", "").replaceFirst("now: .* \\[", "now: why ["))
          .isEqualTo(
              """
              4 records sent to orders, 2 acknowledged
              millrace: line 3 was the first that failed
              millrace: not delivered within 600 ms; no stream now: why \
              [REQUEST_TIMED_OUT]
                try longer:    --delivery-timeout TIME (it was 600ms)
                go on:         tail -n +3 INPUT | millrace produce orders …
              """);
    }
  }
}
