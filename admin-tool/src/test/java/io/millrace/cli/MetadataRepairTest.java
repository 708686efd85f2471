package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MetadataRepairTest {
  @TempDir private Path data;
  private Path segment = Path.of("");

  @BeforeEach
  void writeTwoRecords() throws IOException {
    Path current = data.resolve("metadata/raft/group/current");
    Files.createDirectories(current);
    segment = current.resolve("log_inprogress_0");
    ByteBuffer bytes = ByteBuffer.allocate(4_096);
    bytes.put("RaftLog1".getBytes(StandardCharsets.US_ASCII));
    record(bytes, 20);
    record(bytes, 30);
    Files.write(segment, bytes.array());
  }

  @Test
  void goodLogIsSaidToBeGood() {
    CommandLineRun run = CommandLineRun.of("metadata", "repair", data.toString());
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).isEqualTo("every record is good\n");
  }

  @Test
  void damagedLastRecordIsShownFirstAndCutWhenAsked() throws IOException {
    flip(40);
    byte[] before = Files.readAllBytes(segment);
    CommandLineRun shown = CommandLineRun.of("metadata", "repair", data.toString());
    assertThat(shown.exitCode()).isEqualTo(1);
    assertThat(shown.out()).contains("the last record is damaged at byte 33").contains("--execute");
    assertThat(Files.readAllBytes(segment)).isEqualTo(before);

    CommandLineRun cut = CommandLineRun.of("metadata", "repair", data.toString(), "--execute");
    assertThat(cut.exitCode()).isZero();
    assertThat(cut.out()).contains("cut the last record at byte 33");
    assertThat(CommandLineRun.of("metadata", "repair", data.toString()).exitCode()).isZero();
  }

  @Test
  void damageBeforeAGoodRecordIsNotCut() throws IOException {
    flip(12);
    CommandLineRun run = CommandLineRun.of("metadata", "repair", data.toString(), "--execute");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("good ones follow").contains("restore");
  }

  @Test
  void directoryWithoutMetadataIsTold() {
    CommandLineRun run = CommandLineRun.of("metadata", "repair", data.resolve("x").toString());
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("there is no metadata log in");
  }

  private void flip(int position) throws IOException {
    byte[] bytes = Files.readAllBytes(segment);
    bytes[position] ^= 0x10;
    Files.write(segment, bytes);
  }

  /** A record as Ratis writes it: length, entry, checksum over both. */
  private static void record(ByteBuffer bytes, int length) {
    int start = bytes.position();
    bytes.put((byte) length);
    for (int i = 0; i < length; i++) {
      bytes.put((byte) (i + 1));
    }
    CRC32C crc = new CRC32C();
    crc.update(bytes.array(), start, length + 1);
    bytes.putInt((int) crc.getValue());
  }
}
