package io.millrace.common.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The format as it is on disk and on the wire today: a failure here is a change of the format. */
class GoldenBytesTest {
  private static final List<BatchPlan.Entry> ENTRIES =
      List.of(entry(1_700_000_000_000L, "k", "value value value", List.of()));

  @Test
  void everyFieldIsWhereTheFormatSays() {
    String golden =
        """
        0000000000000000  baseOffset 0
        00000055          batchLength 85
        ffffffff          partitionLeaderEpoch -1
        02                magic
        8b6236fc          crc
        0000              attributes
        00000001          lastOffsetDelta 1
        0000018bcfe56800  baseTimestamp 1700000000000
        0000018bcfe56800  maxTimestamp
        0000000000001267  producerId 4711
        0003              producerEpoch 3
        00000063          baseSequence 99
        00000002          recordCount 2
        30                length 24
        00                attributes
        00                timestampDelta 0
        00                offsetDelta 0
        02 6b             key
        22 76616c75652076616c75652076616c7565  value
        00                headerCount 0
        14                length 10
        00                attributes
        0d                timestampDelta -7
        02                offsetDelta 1
        02 6b             key
        01                null value
        02                headerCount 1
        02 68             header key
        01                null header value
        """;
    List<BatchPlan.Entry> entries =
        List.of(
            ENTRIES.get(0),
            entry(1_699_999_999_993L, "k", null, List.of(new RecordHeader("h", null))));

    BatchPlan plan = new BatchPlan(Compression.NONE, 4711, (short) 3, 99, entries);

    assertThat(hex(plan.encode())).isEqualTo(firstWords(golden));
    assertThat(hex(KafkaClient.encode(plan, 0))).isEqualTo(firstWords(golden));
  }

  /** Written by kafka-clients 4.4.0. */
  @ParameterizedTest
  @CsvSource({
    "NONE, 00000000000000000000004affffffff028573f5020000000000000000018bcfe568000000018bcfe5680000"
        + "000000000012670003000000630000000130000000026b2276616c75652076616c75652076616c756500",
    "GZIP, 000000000000000000000054ffffffff027361be390001000000000000018bcfe568000000018bcfe5680000"
        + "00000000001267000300000063000000011f8b08000000000000ff3360606060ca562a4bcc294d5540221900"
        + "910c86b719000000",
    "SNAPPY, 000000000000000000000060ffffffff026e6e2e0b0002000000000000018bcfe568000000018bcfe56800"
        + "00000000000012670003000000630000000182534e415050590000000001000000010000001b196030000000"
        + "026b2276616c75652076616c75652076616c756500",
    "LZ4, 000000000000000000000056ffffffff025d5d656f0003000000000000018bcfe568000000018bcfe568000000"
        + "0000000012670003000000630000000104224d1860408216000000d330000000026b2276616c756520060050"
        + "616c75650000000000",
    "ZSTD, 000000000000000000000051ffffffff02def814df0004000000000000018bcfe568000000018bcfe5680000"
        + "000000000012670003000000630000000128b52ffd0058a400007030000000026b2276616c75652000010031"
        + "ca17010000"
  })
  void batchesThatWereOnceStoredAreReadForever(Compression compression, String golden) {
    ByteBuffer stored = ByteBuffer.wrap(HexFormat.of().parseHex(golden));
    BatchPlan plan = new BatchPlan(compression, 4711, (short) 3, 99, ENTRIES);

    RecordBatch batch = RecordBatch.at(stored, 0);

    assertThat(RecordBatches.defectAt(stored, 0)).isEmpty();
    assertThat(batch.compression()).isEqualTo(compression);
    assertThat(RecordReader.readAll(batch, 1_000)).isEqualTo(plan.records(0));
  }

  @ParameterizedTest
  @EnumSource
  void codecIdsAndNamesAreThoseOfTheFormat(Compression compression) {
    List<String> names = List.of("none", "gzip", "snappy", "lz4", "zstd");

    assertThat(compression.codecName()).isEqualTo(names.get(compression.id()));
    assertThat(Compression.fromId(compression.id())).contains(compression);
    assertThat(Compression.fromName(compression.codecName())).contains(compression);
  }

  @Test
  void otherCodecIdsAndNamesAreUnknown() {
    assertThat(Compression.fromId(5)).isEmpty();
    assertThat(Compression.fromId(-1)).isEmpty();
    assertThat(Compression.fromName("LZ4")).isEmpty();
  }

  private static BatchPlan.Entry entry(
      long timestamp, String key, String value, List<RecordHeader> headers) {
    byte[] bytes = value == null ? null : value.getBytes(StandardCharsets.US_ASCII);
    return new BatchPlan.Entry(timestamp, key.getBytes(StandardCharsets.US_ASCII), bytes, headers);
  }

  private static String hex(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(bytes.position(), copy);
    return HexFormat.of().formatHex(copy);
  }

  /** The hexadecimal digits before the two blanks that set off each line's explanation. */
  private static String firstWords(String annotated) {
    StringBuilder digits = new StringBuilder();
    annotated.lines().forEach(line -> digits.append(line, 0, line.indexOf("  ")));
    return digits.toString().replace(" ", "");
  }
}
