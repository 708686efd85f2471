package io.millrace.broker.rpc;

import io.millrace.broker.replica.core.ProduceOutcome;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.record.RecordErrorDetail;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.PartitionProduceResult;
import io.millrace.proto.v1.RecordError;
import java.util.List;

/** Outcomes as the producer reads them. */
final class ProduceResults {
  private static final int NONE = -1;

  private ProduceResults() {}

  static PartitionProduceResult of(TopicIdPartition id, ProduceOutcome outcome) {
    if (outcome instanceof ProduceOutcome.Failed failed) {
      return failed(id, failed.error(), List.of()).toBuilder()
          .setBaseOffset(failed.baseOffset())
          .setLastOffset(failed.lastOffset())
          .build();
    }
    ProduceOutcome.Acknowledged done = (ProduceOutcome.Acknowledged) outcome;
    return PartitionProduceResult.newBuilder()
        .setTopicId(Uuids.toBytes(id.topicId()))
        .setPartition(id.partition())
        .setBaseOffset(done.baseOffset())
        .setLastOffset(done.lastOffset())
        .setLogAppendTimeMs(done.logAppendTimeMs())
        .setLogStartOffset(done.logStartOffset())
        .setDuplicate(done.duplicate())
        .build();
  }

  static PartitionProduceResult failed(
      TopicIdPartition id, MillraceError error, List<RecordErrorDetail> recordErrors) {
    PartitionProduceResult.Builder result =
        PartitionProduceResult.newBuilder()
            .setTopicId(Uuids.toBytes(id.topicId()))
            .setPartition(id.partition())
            .setError(RpcErrors.toProto(error))
            .setBaseOffset(NONE)
            .setLastOffset(NONE)
            .setLogAppendTimeMs(NONE)
            .setLogStartOffset(NONE);
    for (RecordErrorDetail detail : recordErrors) {
      result.addRecordErrors(
          RecordError.newBuilder()
              .setRecordIndex(detail.recordIndex())
              .setError(RpcErrors.toProto(detail.error())));
    }
    return result.build();
  }
}
