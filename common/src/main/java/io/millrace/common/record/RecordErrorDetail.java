package io.millrace.common.record;

import io.millrace.common.MillraceError;

/**
 * One bad record of a batch.
 *
 * @param recordIndex its place in the batch, from 0
 * @param error what is wrong with it
 */
public record RecordErrorDetail(int recordIndex, MillraceError error) {}
