package io.millrace.broker.rpc;

import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.v1.TailRequest;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * What a tail is to bring.
 *
 * @param parts the partitions, each once
 * @param maxRecords when it ends, over all of them; {@link Long#MAX_VALUE} for no bound
 * @param eachAlone whether a partition that can't be begun fails alone, rather than the tail as a
 *     whole
 */
record TailScope(List<TailPart> parts, long maxRecords, boolean eachAlone) {
  /**
   * What a client asks for.
   *
   * @throws io.millrace.common.MillraceException if there is no such topic or partition
   */
  static TailScope of(Partitions partitions, TailRequest request) {
    TopicImage topic = partitions.requireTopic(request.getTopic());
    long most = Requests.notNegative("max_records", request.getMaxRecords());
    long end = request.getStopAtEnd() ? TailPart.AT_HIGH_WATERMARK : TailPart.NO_END;
    List<TailPart> parts =
        numbers(topic, request).stream()
            .map(
                number ->
                    new TailPart(new TopicIdPartition(topic.id(), number), request.getStart(), end))
            .toList();
    return new TailScope(parts, most == 0 ? Long.MAX_VALUE : most, false);
  }

  private static Set<Integer> numbers(TopicImage topic, TailRequest request) {
    Set<Integer> chosen = new TreeSet<>(request.getPartitionsList());
    if (chosen.isEmpty()) {
      IntStream.range(0, topic.partitions().size()).forEach(chosen::add);
    }
    for (int partition : chosen) {
      if (topic.partition(partition).isEmpty()) {
        throw Partitions.unknownPartition(topic, partition).exception();
      }
    }
    return chosen;
  }
}
