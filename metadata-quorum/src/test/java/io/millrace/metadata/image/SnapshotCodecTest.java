package io.millrace.metadata.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.controller.Cluster;
import io.millrace.metadata.controller.Command.AllocateProducerIds;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.RequestOptions;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SnapshotCodecTest {
  @Test
  void imageComesBackAsItWas() throws CorruptSnapshotException {
    MetadataImage image = cluster().image();
    assertThat(SnapshotBytes.decode(SnapshotBytes.encode(image)).image()).isEqualTo(image);
    assertThat(SnapshotBytes.decode(SnapshotBytes.encode(image)).clusterId()).isEqualTo("c1");
  }

  @Test
  void emptyImageComesBackAsItWas() {
    assertThat(SnapshotBytes.throughBytes(MetadataImage.EMPTY)).isEqualTo(MetadataImage.EMPTY);
  }

  @Test
  void sameImageHasTheSameBytes() {
    assertThat(SnapshotBytes.encode(cluster().image()))
        .isEqualTo(SnapshotBytes.encode(SnapshotBytes.throughBytes(cluster().image())));
  }

  @Test
  void largeTopicIsWrittenInSmallChunks() {
    Cluster cluster = Cluster.ofOneBroker();
    cluster.run(new CreateTopic("big", 10_000, 1, Map.of(), RequestOptions.NONE));
    assertThat(SnapshotBytes.throughBytes(cluster.image())).isEqualTo(cluster.image());
  }

  @Test
  void flippedBitInAnyByteIsFound() {
    byte[] bytes = SnapshotBytes.encode(cluster().image());
    for (int at = 0; at < bytes.length; at++) {
      byte[] flipped = bytes.clone();
      flipped[at] ^= (byte) (1 << at % 8);
      assertThatThrownBy(() -> SnapshotBytes.decode(flipped))
          .as("byte %d", at)
          .isInstanceOf(CorruptSnapshotException.class);
    }
  }

  @Test
  void everyCutIsFound() {
    byte[] bytes = SnapshotBytes.encode(cluster().image());
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> SnapshotBytes.decode(cut))
          .as("cut to %d bytes", length)
          .isInstanceOf(CorruptSnapshotException.class);
    }
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    assertThatThrownBy(() -> SnapshotBytes.decode(longer))
        .isInstanceOf(CorruptSnapshotException.class)
        .hasMessageContaining("bytes after the trailer");
  }

  /** The format's golden bytes: these must stay readable, and what is written stays these. */
  @Test
  void formatIsWhatItWas() throws CorruptSnapshotException {
    check(
        MetadataImage.EMPTY,
        "4d494c4c4d455441" // magic
            + "00000006"
            + "01"
            + "e4b5b68a"
            + "080112026331" // header: version 1, cluster c1
            + "00000000"
            + "03"
            + "412da0a5"); // trailer: no chunks
    check(
        Cluster.ofOneBroker().image(),
        "4d494c4c4d4554410000000c01e910f17f080112026331180320012801000000"
            + "58024cb6b67b0a060801220208010a4e08012a4a080110021a10000000000000"
            + "00010000000000000001220d0a0862726f6b65722d3110b24b2a0d0a0862726f"
            + "6b65722d3110b34b3a1000000000000000630000000000000001400148010000"
            + "00040380bab62f08011002");
  }

  private static void check(MetadataImage image, String golden) throws CorruptSnapshotException {
    assertThat(HexFormat.of().formatHex(SnapshotBytes.encode(image))).isEqualTo(golden);
    assertThat(SnapshotBytes.decode(HexFormat.of().parseHex(golden)).image()).isEqualTo(image);
  }

  private static Cluster cluster() {
    Cluster cluster = Cluster.ofOneBroker();
    cluster.run(
        new CreateTopic("orders", 3, 1, Map.of("retention.ms", "5"), RequestOptions.withId("r1")));
    cluster.run(new CreateTopic("clicks", 1, 1, Map.of(), RequestOptions.NONE));
    long epoch = cluster.image().broker(1).orElseThrow().epoch();
    cluster.run(new AllocateProducerIds(1, epoch, 1_000));
    cluster.fence(1);
    cluster.start(Cluster.register(1, "rack", 2));
    return cluster;
  }
}
