package io.millrace.cli.record;

import io.millrace.client.api.ProducerRecord;
import java.util.Optional;

/** Makes records of the lines of an input. */
public interface RecordParser {
  /**
   * Reads a line.
   *
   * @param line its bytes, without the line feed; not kept unless they are the value
   * @return empty for a line that stands for nothing
   * @throws BadRecordException if it is no record
   */
  Optional<ProducerRecord> parse(byte[] line);
}
