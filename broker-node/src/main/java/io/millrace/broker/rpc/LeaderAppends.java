package io.millrace.broker.rpc;

import io.millrace.common.Acks;
import io.millrace.common.TopicIdPartition;
import io.millrace.proto.v1.PartitionProduceResult;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/** Hands a batch to whoever leads its partition at the moment. Thread-safe. */
interface LeaderAppends {
  /**
   * One batch for one partition.
   *
   * @param batch with its producer's sequence; must not change any more, and is not changed here
   * @param caller the client that it is appended for
   */
  record Append(TopicIdPartition id, Acks acks, ByteBuffer batch, RequestContext caller) {}

  /**
   * Tries once.
   *
   * @param timeoutMs how long to wait for the answer, from 1
   * @return what became of it, with acks=0 without offsets; always completed with a result, never
   *     exceptionally. BROKER_NOT_AVAILABLE if the leader can't be reached or does not answer: the
   *     batch may be in its log all the same
   */
  CompletableFuture<PartitionProduceResult> append(Append append, long timeoutMs);
}
