package io.millrace.broker.rpc;

import io.millrace.common.time.Clock;
import io.millrace.metadata.image.TopicImage;
import java.util.concurrent.Executor;
import java.util.function.ToIntBiFunction;

/**
 * What publications share.
 *
 * @param maxBatchBytes the max.message.bytes of a topic's partition
 * @param threads for making a publication's second and later batches; nothing on them blocks
 */
record PublishDeps(
    Partitions partitions,
    BatchIntake intake,
    RpcMetrics metrics,
    Forwarder forwarder,
    ToIntBiFunction<TopicImage, Integer> maxBatchBytes,
    Executor threads,
    Clock clock) {}
