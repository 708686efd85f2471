package io.millrace.cli.record;

import io.millrace.client.api.Header;
import io.millrace.client.api.ProducerRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What every record gets, whatever its line says.
 *
 * @param key the key
 * @param headers come after those of the line
 * @param partition the partition
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record FixedParts(Optional<byte[]> key, List<Header> headers, Optional<Integer> partition) {
  /** Reads lines as another parser does, and puts the fixed parts in. */
  public RecordParser in(RecordParser parser) {
    boolean none = key.isEmpty() && headers.isEmpty() && partition.isEmpty();
    return none ? parser : line -> parser.parse(line).map(this::in);
  }

  private ProducerRecord in(ProducerRecord record) {
    ProducerRecord changed = key.map(fixed -> withKey(record, fixed)).orElse(record);
    if (!headers.isEmpty()) {
      List<Header> all = new ArrayList<>(changed.headers());
      all.addAll(headers);
      changed = changed.withHeaders(all);
    }
    return partition.map(changed::toPartition).orElse(changed);
  }

  private static ProducerRecord withKey(ProducerRecord record, byte[] key) {
    ProducerRecord changed =
        ProducerRecord.of(record.topic(), key, record.value()).withHeaders(record.headers());
    if (record.partition().isPresent()) {
      changed = changed.toPartition(record.partition().getAsInt());
    }
    return record.timestampMs().isPresent()
        ? changed.at(record.timestampMs().getAsLong())
        : changed;
  }
}
