package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.millrace.broker.server.TestNode;
import io.millrace.proto.v1.DeleteRecordsPartition;
import io.millrace.proto.v1.DeleteRecordsRequest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator sees of a damaged batch (S25). */
class CorruptBatchApiTest {
  @TempDir Path data;

  @Test
  void S25_aCorruptBatchIsShownToTheOperatorUntilItIsGone() throws Exception {
    try (TestNode node = TestNode.start(data)) {
      Api api = new Api(node.channel());
      ByteString topic = api.topic("damaged");
      api.produce(topic, Api.batch("a"));
      assertThat(page(node, "/metrics")).contains("millrace_log_corrupt_batches 0.0");
      flipLastByte(data.resolve("damaged-0").resolve("00000000000000000000.log"));
      try (LogLines log = new LogLines(CorruptReads.class)) {
        for (int i = 0; i < 3; i++) {
          assertThat(Api.code(api.fetch(topic, 0, 0).getError())).isEqualTo("CORRUPT_BATCH");
        }
        assertThat(log.lines).hasSize(1);
      }
      assertThat(page(node, "/metrics"))
          .contains("millrace_log_corrupt_batches 1.0", "millrace_fetch_corrupt_batches_total 3.0");
      assertThat(page(node, "/healthz"))
          .contains("[+] stored batches: 1 corrupt: [damaged-0] ", "offset 0")
          .endsWith("ok\n");
      deleteAll(api, "damaged");
      assertThat(page(node, "/healthz")).contains("[+] stored batches\n");
      assertThat(page(node, "/metrics")).contains("millrace_log_corrupt_batches 0.0");
    }
  }

  private static void deleteAll(Api api, String topic) {
    api.topics.deleteRecords(
        DeleteRecordsRequest.newBuilder()
            .setName(topic)
            .addPartitions(DeleteRecordsPartition.newBuilder().setBeforeOffset(-1))
            .build());
  }

  private static void flipLastByte(Path file) throws Exception {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer last = ByteBuffer.allocate(1);
      channel.read(last, channel.size() - 1);
      last.put(0, (byte) (last.get(0) ^ 1)).rewind();
      channel.write(last, channel.size() - 1);
    }
    assertThat(Files.size(file)).isPositive();
  }

  private static String page(TestNode node, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + node.server().adminPort() + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }
}
