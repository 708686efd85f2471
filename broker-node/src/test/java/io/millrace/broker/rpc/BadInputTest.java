package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.millrace.broker.server.LimitSettings;
import io.millrace.broker.server.NodeSettings;
import io.millrace.broker.server.StartException;
import io.millrace.broker.server.TestNode;
import io.millrace.common.ErrorCode;
import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.proto.v1.GetTopicRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the network and the disk can bring: a clear answer, and the others' work goes on. */
class BadInputTest {
  private static final int MAX_MESSAGE = 256 << 10;

  @TempDir Path data;

  private final SlowDisk disk = new SlowDisk();
  private TestNode node;
  private Api api;
  private ByteString topic;

  @BeforeEach
  void start() {
    node =
        TestNode.start(
            data.resolve("node"),
            disk.store,
            settings ->
                settings
                    .set(LimitSettings.RPC_MAX_MESSAGE_BYTES, MAX_MESSAGE)
                    .set(LimitSettings.MAX_CONNECTIONS, 2));
    api = new Api(node.channel());
    topic = api.topic("witness");
  }

  @AfterEach
  void stop() throws InterruptedException {
    node.close();
  }

  @Test
  void garbageOnThePortHurtsNobodyElse() throws Exception {
    Random random = new Random(42);
    for (int i = 0; i < 20; i++) {
      byte[] garbage = new byte[random.nextInt(2_000)];
      random.nextBytes(garbage);
      sendRaw(garbage);
    }
    sendRaw("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    byte[] preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    byte[] prefaceAndGarbage = java.util.Arrays.copyOf(preface, 500);
    java.util.Arrays.fill(prefaceAndGarbage, preface.length, 500, (byte) 0xff);
    sendRaw(prefaceAndGarbage);
    await().ignoreExceptions().until(() -> !api.produce(topic, Api.batch("a")).hasError());
    assertThat(api.produce(topic, Api.batch("b")).getBaseOffset()).isEqualTo(1);
  }

  @Test
  void aMessageLargerThanTheBoundIsRefused() {
    Throwable thrown = catchThrowable(() -> api.produce(topic, Api.batch("x".repeat(MAX_MESSAGE))));
    assertThat(Status.fromThrowable(thrown).getCode())
        .isIn(Status.Code.RESOURCE_EXHAUSTED, Status.Code.CANCELLED);
    assertThat(api.produce(topic, Api.batch("a")).hasError()).isFalse();
  }

  @Test
  void aConnectionOverTheBoundIsToldSo() throws Exception {
    ManagedChannel second = TestNode.channelTo(node.server().clientPort());
    ManagedChannel third = TestNode.channelTo(node.server().clientPort());
    try {
      assertThat(new Api(second).produce(topic, Api.batch("a")).hasError()).isFalse();
      Api.refused(
          ErrorCode.THROTTLED,
          Status.Code.RESOURCE_EXHAUSTED,
          () -> new Api(third).produce(topic, Api.batch("b")));
    } finally {
      second.shutdownNow();
      third.shutdownNow();
    }
  }

  @Test
  void S34_aFullDiskFailsTheBatchAndTheNodeSaysSo() throws Exception {
    api.produce(topic, Api.batch("kept"));
    disk.plan.on(Operation.WRITE).path("**.log").failFromThenOn("No space left on device");
    assertThat(Api.code(api.produce(topic, Api.batch("lost")).getError()))
        .isEqualTo("LOG_DIR_OFFLINE");
    assertThat(Api.code(api.produce(topic, Api.batch("lost")).getError()))
        .isEqualTo("LOG_DIR_OFFLINE");
    Api.refused(
        ErrorCode.LOG_DIR_OFFLINE, Status.Code.FAILED_PRECONDITION, () -> api.topic("homeless"));
    Api.refused(ErrorCode.UNKNOWN_TOPIC, Status.Code.NOT_FOUND, () -> topicNamed("homeless"));
    await().until(() -> page("/healthz").statusCode() == 503);
    assertThat(page("/healthz").body()).contains("[-] data directories").contains("is offline");
    assertThat(page("/metrics").body()).contains("millrace_log_dirs_offline 1.0");
    node.close();
    disk.plan.clear();
    start(data.resolve("node"));
    assertThat(api.fetch(topic, 0, 0).getHighWatermark()).isEqualTo(1);
  }

  @Test
  void aReadOnlyDirectoryIsRefusedAndNamed() throws IOException {
    Path locked = Files.createDirectory(data.resolve("locked"));
    SlowDisk readOnly = new SlowDisk();
    readOnly
        .plan
        .on(Operation.OPEN, Operation.LOCK, Operation.CREATE_DIRECTORIES)
        .path(locked + "/**")
        .failFromThenOn("Read-only file system");
    assertThatThrownBy(() -> TestNode.start(locked, readOnly.store, settings -> settings))
        .isInstanceOf(StartException.class)
        .hasMessageStartingWith("data directory " + locked)
        .hasMessageContaining("Read-only file system (expected: a writable one");
  }

  @Test
  void anotherNodesDirectoryIsRefused() throws Exception {
    node.close();
    assertThatThrownBy(
            () ->
                TestNode.start(
                    data.resolve("node"),
                    new SlowDisk().store,
                    settings -> settings.set(NodeSettings.NODE_ID, 2)))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("node.id: 1 (expected: 2, as configured)");
  }

  private void start(Path directory) {
    node = TestNode.start(directory);
    api = new Api(node.channel());
  }

  private void topicNamed(String name) {
    api.topics.getTopic(GetTopicRequest.newBuilder().setName(name).build());
  }

  private void sendRaw(byte[] bytes) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", node.server().clientPort())) {
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      out.flush();
    } catch (IOException refusedByTheServer) {
      // Whatever becomes of this connection is right.
    }
  }

  private HttpResponse<String> page(String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + node.server().adminPort() + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }
}
