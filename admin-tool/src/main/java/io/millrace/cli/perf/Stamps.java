package io.millrace.cli.perf;

import io.millrace.client.api.ProducerRecord;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Values that carry a run's id and the time from which their latency counts, so that whoever
 * receives them knows them from others' and tells how long they took.
 *
 * <pre>
 * +--------+------------------+----------------+
 * | run id | monotonic nanos  | random bytes   |
 * | 8      | 8, of one process| the rest       |
 * +--------+------------------+----------------+
 * </pre>
 *
 * <p>Confined to the sender's thread.
 */
final class Stamps implements LoadSender.Source {
  /** The shortest value. */
  static final int BYTES = 2 * Long.BYTES;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final String topic;
  private final long runId;
  private final List<byte[]> fillings;
  private int next;

  Stamps(String topic, long runId, List<byte[]> fillings) {
    this.topic = topic;
    this.runId = runId;
    this.fillings = fillings;
  }

  @Override
  public ProducerRecord next(long startNanos) {
    byte[] value = fillings.get(next).clone();
    next = next + 1 == fillings.size() ? 0 : next + 1;
    LONG.set(value, 0, runId);
    LONG.set(value, Long.BYTES, startNanos);
    return ProducerRecord.of(topic, value);
  }

  /** Whether a value was stamped in this run. */
  static boolean isOf(long runId, byte[] value) {
    return value.length >= BYTES && (long) LONG.get(value, 0) == runId;
  }

  /** The time on a stamped value. */
  static long startNanos(byte[] value) {
    return (long) LONG.get(value, Long.BYTES);
  }
}
