package io.millrace.client.internal;

import java.util.concurrent.atomic.AtomicLong;

/** What a consumer did. Written by the consumer's thread, once a poll or batch; read by any. */
final class ConsumerCounters {
  final AtomicLong records = new AtomicLong();
  final AtomicLong bytes = new AtomicLong();
  final AtomicLong batches = new AtomicLong();
  final AtomicLong polls = new AtomicLong();
  final AtomicLong reconnects = new AtomicLong();
  final AtomicLong crcFailures = new AtomicLong();
  final AtomicLong corruptBatches = new AtomicLong();
}
