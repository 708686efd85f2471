package io.millrace.bench.kafka.load;

import java.util.Map;

/** One side's client: as thin as can be around what its users call. */
public interface Side extends AutoCloseable {
  /** How many brokers are registered and may lead. */
  int brokers() throws Exception;

  /** Creates a topic and waits until it can be written to. */
  void createTopic(String name, int partitions, int replicas, Map<String, String> configs)
      throws Exception;

  /** Deletes a topic; its files may go later. */
  void deleteTopic(String name) throws Exception;

  /** A new producer for one topic, with settings under the side's own names. */
  Sender sender(String topic, Map<String, String> settings);

  /** A new consumer that reads all partitions of a topic from their beginning. */
  Receiver receiver(String topic, int partitions, Map<String, String> settings);

  /** The offsets at which the partitions end. */
  long[] ends(String topic, int partitions) throws Exception;

  @Override
  void close();
}
