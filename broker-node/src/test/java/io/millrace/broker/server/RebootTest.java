package io.millrace.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.GetMetadataRequest;
import io.millrace.proto.v1.MetadataServiceGrpc;
import io.millrace.proto.v1.TopicServiceGrpc;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The machine lost its power, or did not close the node's directories in order. */
class RebootTest {
  @TempDir Path data;

  @Test
  void S14_theLastLeaderLeadsOnAndThePossibleLossIsCounted() throws Exception {
    try (TestNode node = TestNode.start(data)) {
      TopicServiceGrpc.newBlockingStub(node.channel())
          .createTopic(CreateTopicRequest.newBuilder().setName("t").setPartitions(1).build());
      assertThat(metrics(node)).contains("millrace_unclean_elections 0.0");
    }
    Files.delete(data.resolve("clean-shutdown"));
    Files.writeString(data.resolve("boot-id"), "another boot");
    for (int start = 0; start < 2; start++) {
      try (TestNode node = TestNode.start(data)) {
        await()
            .untilAsserted(
                () ->
                    assertThat(
                            MetadataServiceGrpc.newBlockingStub(node.channel())
                                .getMetadata(GetMetadataRequest.getDefaultInstance())
                                .getTopics(0)
                                .getPartitions(0)
                                .getLeaderId())
                        .isEqualTo(1));
        assertThat(metrics(node)).as("once").contains("millrace_unclean_elections 1.0");
        assertThat(Files.readString(data.resolve("boot-id"))).doesNotContain("another");
      }
    }
  }

  private static String metrics(TestNode node) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + node.server().adminPort() + "/metrics");
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }
}
