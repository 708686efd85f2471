package io.millrace.cli;

import io.millrace.broker.log.inspect.DumpVisitor;
import io.millrace.broker.log.inspect.Finding;
import io.millrace.common.record.Record;
import io.millrace.common.record.RecordBatch;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Prints what a dump finds, a line each. */
final class DumpPrinter implements DumpVisitor {
  private final PrintStream out;
  private final boolean json;
  private long findings;

  DumpPrinter(PrintStream out, boolean json) {
    this.out = out;
    this.json = json;
  }

  long findings() {
    return findings;
  }

  @Override
  public void file(Path file, long bytes) {
    print("file", Map.of(), "file", file, "bytes", bytes);
  }

  @Override
  public void batch(RecordBatch batch, long position, boolean crcValid) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("position", position);
    data.put("base_offset", batch.baseOffset());
    data.put("last_offset", batch.lastOffset());
    data.put("records", batch.recordCount());
    data.put("bytes", batch.sizeInBytes());
    data.put("leader_epoch", batch.leaderEpoch());
    data.put("codec", codec(batch));
    data.put("timestamp_type", batch.timestampType().name().toLowerCase(Locale.ROOT));
    data.put("max_timestamp", batch.maxTimestamp());
    if (batch.hasProducerId()) {
      data.put("producer_id", batch.producerId());
      data.put("producer_epoch", batch.producerEpoch());
      data.put("base_sequence", batch.baseSequence());
    }
    data.put("crc", String.format(Locale.ROOT, "%08x", batch.crc()));
    data.put("crc_valid", crcValid);
    print("batch", data);
    findings += crcValid ? 0 : 1;
  }

  @Override
  public void record(Record record) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("offset", record.offset());
    data.put("timestamp", record.timestamp());
    data.put("key", text(record.key()));
    data.put("value", text(record.value()));
    if (!record.headers().isEmpty()) {
      data.put(
          "headers",
          record.headers().stream()
              .map(h -> h.key() + "=" + text(h.value()))
              .collect(Collectors.joining(",")));
    }
    print("  record", data);
  }

  @Override
  public void indexEntry(long offset, long logPosition) {
    print("entry", Map.of(), "offset", offset, "position", logPosition);
  }

  @Override
  public void timeIndexEntry(long offset, long timestampMs) {
    print("entry", Map.of(), "timestamp", timestampMs, "offset", offset);
  }

  @Override
  public void finding(Finding finding) {
    findings++;
    print(
        "DAMAGED",
        Map.of(),
        "file",
        finding.file(),
        "position",
        finding.position(),
        "what",
        finding.what());
  }

  private void print(String kind, Map<String, Object> data, Object... more) {
    Map<String, Object> all = new LinkedHashMap<>(data);
    for (int i = 0; i < more.length; i += 2) {
      all.put(more[i].toString(), more[i + 1] instanceof Path path ? path.toString() : more[i + 1]);
    }
    if (json) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("kind", kind.strip().toLowerCase(Locale.ROOT));
      line.putAll(all);
      out.println(DataWriter.json(line, false));
    } else {
      out.println(
          kind
              + all.entrySet().stream()
                  .map(e -> " " + e.getKey() + "=" + e.getValue())
                  .collect(Collectors.joining()));
    }
  }

  private static String codec(RecordBatch batch) {
    try {
      return batch.compression().codecName();
    } catch (io.millrace.common.MillraceException e) {
      return "unknown";
    }
  }

  /** Text if it is text, else hexadecimal. */
  private static String text(@Nullable ByteBuffer bytes) {
    if (bytes == null) {
      return "null";
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes.duplicate()).toString();
    } catch (CharacterCodingException e) {
      byte[] array = new byte[bytes.remaining()];
      bytes.get(bytes.position(), array);
      return "0x" + HexFormat.of().formatHex(array);
    }
  }
}
