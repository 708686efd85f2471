package io.millrace.client.api;

import io.millrace.common.Acks;
import io.millrace.common.record.Compression;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * How a producer sends. Times above a hundred years count as that, {@code ackTimeout} above 24 days
 * as those.
 *
 * @param acks when the broker answers
 * @param idempotent whether each record is in the log exactly once; not possible with acks=0
 * @param compression the codec of the batches
 * @param batchBytes a batch is sent when it has this many bytes before compression; a larger record
 *     makes a batch of its own
 * @param linger how long a batch that is not full waits for more records; while two of its
 *     partition are unanswered it waits for an answer too, a second at most
 * @param bufferBytes the most bytes of records that wait or are under way. The memory that they lie
 *     in grows by doubling, and with compression a batch is there twice: reckon with two to four
 *     times as much, and a quarter of {@code bufferBytes} that is kept for the next batches.
 * @param maxInFlightBatches the most unanswered batches of a partition; the broker's own bound
 *     holds if it is smaller
 * @param maxBlock how long a send may wait for room in the buffer or for metadata
 * @param deliveryTimeout how long after the begin of its batch a record fails that has no answer;
 *     longer than {@code linger}
 * @param ackTimeout how long the broker may wait for acks
 * @param partitioner makes the partitioner of each producer, see {@link Partitioners}
 * @param interceptors see every record and its answer, in this order
 */
public record ProducerConfig(
    Acks acks,
    boolean idempotent,
    Compression compression,
    int batchBytes,
    Duration linger,
    long bufferBytes,
    int maxInFlightBatches,
    Duration maxBlock,
    Duration deliveryTimeout,
    Duration ackTimeout,
    Supplier<? extends Partitioner> partitioner,
    List<ProducerInterceptor> interceptors) {
  public ProducerConfig {
    interceptors = List.copyOf(interceptors);
    ConfigChecks.atLeast("batchBytes", batchBytes, 1);
    ConfigChecks.notNegative("linger", linger);
    ConfigChecks.atLeast("bufferBytes", bufferBytes, batchBytes);
    ConfigChecks.within("maxInFlightBatches", maxInFlightBatches, 1, 1_000);
    ConfigChecks.notNegative("maxBlock", maxBlock);
    ConfigChecks.positive("deliveryTimeout", deliveryTimeout);
    ConfigChecks.positive("ackTimeout", ackTimeout);
    if (linger.compareTo(deliveryTimeout) >= 0) {
      throw new IllegalArgumentException(
          "linger: " + linger + " (expected: less than deliveryTimeout, " + deliveryTimeout + ")");
    }
    linger = ConfigChecks.bounded(linger);
    maxBlock = ConfigChecks.bounded(maxBlock);
    deliveryTimeout = ConfigChecks.bounded(deliveryTimeout);
    ackTimeout = ConfigChecks.boundedTo32Bits(ackTimeout);
    Objects.requireNonNull(partitioner, "partitioner");
    if (idempotent && acks == Acks.NONE) {
      throw new IllegalArgumentException("acks: 0 (expected: 1 or all, or idempotent off)");
    }
  }

  /**
   * Idempotent, acks=all, no compression, batches of 128 KiB, 2 ms of linger, 32 MiB of buffer,
   * partitions by the hash of the key.
   */
  public static ProducerConfig defaults() {
    return builder().build();
  }

  /** A builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects the settings; confined to one thread. */
  public static final class Builder {
    private Acks acks = Acks.ALL;
    private boolean idempotent = true;
    private Compression compression = Compression.NONE;
    private int batchBytes = 128 << 10;
    private Duration linger = Duration.ofMillis(2);
    private long bufferBytes = 32 << 20;
    private int maxInFlightBatches = 64;
    private Duration maxBlock = Duration.ofMinutes(1);
    private Duration deliveryTimeout = Duration.ofMinutes(2);
    private Duration ackTimeout = Duration.ofSeconds(30);
    private Supplier<? extends Partitioner> partitioner = Partitioners::keyHash;
    private List<ProducerInterceptor> interceptors = List.of();

    private Builder() {}

    /** See {@link ProducerConfig#acks()}; with {@link Acks#NONE} idempotence is turned off. */
    public Builder acks(Acks value) {
      this.acks = value;
      this.idempotent &= value != Acks.NONE;
      return this;
    }

    /** See {@link ProducerConfig#idempotent()}. */
    public Builder idempotent(boolean value) {
      this.idempotent = value;
      return this;
    }

    /** See {@link ProducerConfig#compression()}. */
    public Builder compression(Compression codec) {
      this.compression = codec;
      return this;
    }

    /** See {@link ProducerConfig#batchBytes()}. */
    public Builder batchBytes(int bytes) {
      this.batchBytes = bytes;
      return this;
    }

    /** See {@link ProducerConfig#linger()}. */
    public Builder linger(Duration time) {
      this.linger = time;
      return this;
    }

    /** See {@link ProducerConfig#bufferBytes()}. */
    public Builder bufferBytes(long bytes) {
      this.bufferBytes = bytes;
      return this;
    }

    /** See {@link ProducerConfig#maxInFlightBatches()}. */
    public Builder maxInFlightBatches(int batches) {
      this.maxInFlightBatches = batches;
      return this;
    }

    /** See {@link ProducerConfig#maxBlock()}. */
    public Builder maxBlock(Duration time) {
      this.maxBlock = time;
      return this;
    }

    /** See {@link ProducerConfig#deliveryTimeout()}. */
    public Builder deliveryTimeout(Duration time) {
      this.deliveryTimeout = time;
      return this;
    }

    /** See {@link ProducerConfig#ackTimeout()}. */
    public Builder ackTimeout(Duration time) {
      this.ackTimeout = time;
      return this;
    }

    /** See {@link ProducerConfig#partitioner()}: {@code partitioner(Partitioners::roundRobin)}. */
    public Builder partitioner(Supplier<? extends Partitioner> maker) {
      this.partitioner = maker;
      return this;
    }

    /** See {@link ProducerConfig#interceptors()}. */
    public Builder interceptors(List<ProducerInterceptor> inOrder) {
      this.interceptors = inOrder;
      return this;
    }

    /**
     * The settings as a value.
     *
     * @throws IllegalArgumentException if one of them is out of bounds or contradicts another
     */
    public ProducerConfig build() {
      return new ProducerConfig(
          acks,
          idempotent,
          compression,
          batchBytes,
          linger,
          bufferBytes,
          maxInFlightBatches,
          maxBlock,
          deliveryTimeout,
          ackTimeout,
          partitioner,
          interceptors);
    }
  }
}
