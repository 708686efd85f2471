package io.millrace.common.record;

import io.millrace.common.MillraceError;
import java.util.List;

/** The verdict on a client's batch. */
public sealed interface BatchValidation {
  /**
   * The batch may be appended as it is.
   *
   * @param batch a view of the bytes that were judged
   * @param recordBytes the bytes of its records after decompression
   */
  record Valid(RecordBatch batch, int recordBytes) implements BatchValidation {}

  /**
   * The batch is refused as a whole.
   *
   * @param error why
   * @param recordErrors the first bad records, if the batch itself is well-formed
   */
  record Invalid(MillraceError error, List<RecordErrorDetail> recordErrors)
      implements BatchValidation {
    public Invalid {
      recordErrors = List.copyOf(recordErrors);
    }
  }
}
