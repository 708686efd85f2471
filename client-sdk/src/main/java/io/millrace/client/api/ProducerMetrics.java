package io.millrace.client.api;

import java.time.Duration;

/**
 * What a producer did so far and what it holds now. The numbers were read one after the other while
 * it went on: each is right, sums may be off by what was under way.
 *
 * @param answered what has its answer
 * @param frames what went over the network
 * @param failures what went wrong in the application's own parts, or unseen
 * @param buffer the memory
 * @param requestLatency from the last time that a batch was put on its stream to its answer
 */
public record ProducerMetrics(
    Answered answered, Frames frames, Failures failures, Buffer buffer, Latency requestLatency) {
  /**
   * What has its answer. With acks=0 everything that was put on a stream counts as acknowledged.
   *
   * @param records acknowledged records
   * @param batches acknowledged batches
   * @param bytes their bytes as sent: compressed, with batch headers
   * @param failedRecords records that failed, at any stage
   */
  public record Answered(long records, long batches, long bytes, long failedRecords) {
    /** The mean size of a batch as sent, in bytes; 0 before the first. */
    public double bytesPerBatch() {
      return batches == 0 ? 0 : (double) bytes / batches;
    }

    /** The mean number of records in a batch; 0 before the first. */
    public double recordsPerBatch() {
      return batches == 0 ? 0 : (double) records / batches;
    }
  }

  /**
   * What went over the network.
   *
   * @param sent batches put on a stream, repeats included
   * @param retries those that had been on a stream before
   * @param cuts batches that were too large for their topic and were sent on in parts
   */
  public record Frames(long sent, long retries, long cuts) {}

  /**
   * What went wrong in the application's own parts, or unseen.
   *
   * @param late records that the broker refused after they had their answer (acks=0): with many
   *     thousands of batches under way, at least so many
   * @param forgotten records of {@link Producer#sendAndForget} that failed
   * @param callbacks callbacks that threw
   * @param interceptors calls of interceptors that threw
   */
  public record Failures(long late, long forgotten, long callbacks, long interceptors) {}

  /**
   * The memory.
   *
   * @param capacityBytes {@link ProducerConfig#bufferBytes()}
   * @param usedBytes what records take of it now; 0 &lt;= usedBytes &lt;= capacityBytes
   * @param waitingThreads senders that wait for room now
   * @param openBatches batches without an answer now
   */
  public record Buffer(long capacityBytes, long usedBytes, int waitingThreads, int openBatches) {}

  /**
   * How long something took; the percentiles are at most an eighth too high.
   *
   * @param count how often it was measured; the rest is zero as long as this is
   */
  public record Latency(
      long count, Duration mean, Duration p50, Duration p99, Duration p999, Duration max) {}
}
