package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.BrokerRegistration;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.SnapshotCodec;
import io.millrace.metadata.image.SnapshotCodec.Snapshot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pcollections.TreePMap;

final class MetadataSnapshotInspectTest {
  @TempDir private Path data;

  @Test
  void newestSnapshotOfADirectoryIsPrintedByPath() throws IOException {
    write("snapshot.1_9", 9);
    write("snapshot.2_10", 10);
    write("snapshot.2_10.md5", 11);
    CommandLineRun run = run(data.toString());
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("/revision  10\n")
        .contains("/brokers/3/client_endpoint  h:9650\n")
        .contains("/brokers/3/state  FENCED\n");
    assertThat(run.err()).contains("snapshot.2_10 of the cluster c1");
  }

  @Test
  void partOfItIsPrintedForPrograms() throws IOException {
    Path file = write("snapshot.1_9", 9);
    CommandLineRun run = run(file.toString(), "/brokers", "-o", "json");
    assertThat(run.exitCode()).as(run.err()).isZero();
    Map<String, JsonElement> values =
        run.out()
            .lines()
            .map(line -> JsonParser.parseString(line).getAsJsonObject())
            .collect(
                Collectors.toMap(
                    value -> value.get("path").getAsString(), value -> value.get("value")));
    assertThat(values.keySet()).allMatch(path -> path.startsWith("/brokers/3/"));
    assertThat(values.get("/brokers/3/epoch").getAsLong()).isEqualTo(7);
    assertThat(values.get("/brokers/3/directories").getAsJsonArray()).hasSize(1);
  }

  @Test
  void whatIsNoSnapshotIsSaidToBeNone() throws IOException {
    Path file = write("snapshot.1_9", 9);
    assertThat(run(file.toString(), "/topics/nope").err()).contains("nothing lies at or below");
    assertThat(run(data.resolve("none").toString()).err()).contains("there is no file");
    byte[] bytes = Files.readAllBytes(file);
    bytes[30] ^= 1;
    Files.write(file, bytes);
    CommandLineRun damaged = run(file.toString());
    assertThat(damaged.exitCode()).isEqualTo(1);
    assertThat(damaged.err()).contains("is damaged: ");
    Files.delete(file);
    assertThat(run(data.toString()).err()).contains("there is no snapshot in");
  }

  private static CommandLineRun run(String... arguments) {
    String[] all = new String[arguments.length + 2];
    all[0] = "metadata";
    all[1] = "snapshot-inspect";
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    return CommandLineRun.of(all);
  }

  private Path write(String name, long revision) throws IOException {
    BrokerImage broker =
        new BrokerImage(
            3,
            new BrokerRegistration(7, new UUID(3, 1), List.of(new UUID(3, 2))),
            new Endpoint("h", 9650),
            Optional.empty(),
            "",
            FeatureRange.SUPPORTED,
            BrokerState.FENCED);
    MetadataImage image =
        MetadataImage.EMPTY
            .withBrokers(TreePMap.<Integer, BrokerImage>empty().plus(3, broker))
            .withRevision(revision);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    SnapshotCodec.encode(new Snapshot("c1", image), piece -> append(bytes, piece));
    Path directory = Files.createDirectories(data.resolve("metadata/raft/g/sm"));
    return Files.write(directory.resolve(name), bytes.toByteArray());
  }

  private static void append(ByteArrayOutputStream bytes, ByteBuffer piece) {
    bytes.write(piece.array(), piece.arrayOffset() + piece.position(), piece.remaining());
  }
}
