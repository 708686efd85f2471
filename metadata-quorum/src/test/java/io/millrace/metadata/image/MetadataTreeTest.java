package io.millrace.metadata.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.controller.Cluster;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.ControllerSettings;
import io.millrace.metadata.controller.RequestOptions;
import io.millrace.metadata.image.MetadataTree.Leaf;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MetadataTreeTest {
  private final Cluster cluster = new Cluster(ControllerSettings.DEFAULTS, 1).start(1, 2);

  @Test
  void everythingHasAPath() {
    cluster.run(
        new CreateTopic(
            "orders", 1, 2, Map.of("retention.ms", "5000"), RequestOptions.withId("a/b")));
    assertThat(lines("/"))
        .contains(
            "/revision " + cluster.image().revision(),
            "/controller/node_id 1",
            "/controller/epoch 1",
            "/cluster/feature_level 1",
            "/brokers/1/state ACTIVE",
            "/brokers/2/client_endpoint broker-2:9650",
            "/topics/orders/configs/retention.ms 5000",
            "/topics/orders/partitions/0/effective_min_isr 1",
            "/topics/orders/partitions/0/elr []");
    assertThat(lines("/topics/orders/partitions/0/isr").get(0)).contains("1").contains("2");
    assertThat(lines("/answered_requests/a%2Fb")).hasSize(3);
  }

  @Test
  void partOfTheTreeIsWhatLiesBelowAName() {
    assertThat(lines("/controller")).hasSize(2);
    assertThat(lines("/controller/")).hasSize(2);
    assertThat(lines("/controller/epoch")).containsExactly("/controller/epoch 1");
    assertThat(lines("/control")).isEmpty();
    assertThat(lines("/brokers/1")).allMatch(line -> line.startsWith("/brokers/1/"));
  }

  @Test
  void cursorBringsWhatIsBelowAPathInSteps() {
    cluster.run(new CreateTopic("orders", 3, 2, Map.of(), RequestOptions.NONE));
    for (String path :
        List.of(
            "/",
            "",
            "/brokers/2",
            "/topics/orders",
            "/topics/orders/partitions/1/isr",
            "/topics/orders/partitions/9",
            "/topics/nope/partitions/0",
            "/nope",
            "/revision")) {
      List<Leaf> found = new ArrayList<>();
      new MetadataCursor(cluster.image(), path)
          .forEachRemaining(
              step -> {
                assertThat(step).hasSizeLessThan(15);
                found.addAll(step);
              });
      assertThat(found.stream().map(leaf -> leaf.name() + " " + leaf.value()))
          .as(path)
          .isEqualTo(lines(path));
    }
  }

  @Test
  void sameImageHasTheSameTree() {
    assertThat(lines("/")).isEqualTo(lines("/")).doesNotHaveDuplicates();
  }

  private List<String> lines(String under) {
    List<Leaf> leaves = new ArrayList<>();
    new MetadataCursor(cluster.image(), "/").forEachRemaining(leaves::addAll);
    return leaves.stream()
        .filter(leaf -> leaf.isUnder(MetadataTree.names(under)))
        .map(leaf -> leaf.name() + " " + leaf.value())
        .toList();
  }
}
