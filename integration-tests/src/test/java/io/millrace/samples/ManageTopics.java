package io.millrace.samples;

import io.millrace.client.api.Admin;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.TopicDescription;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.util.Map;
import java.util.Set;

/** Creates a topic, changes it, asks where it begins and ends, and deletes it. */
final class ManageTopics {
  private ManageTopics() {}

  /** The offsets of the first partition: its beginning and its end. */
  record Bounds(long beginning, long end) {}

  static TopicDescription create(MillraceClient client, String topic) {
    Admin admin = client.admin();
    try {
      return admin.createTopic(NewTopic.of(topic, 2));
    } catch (MillraceException e) {
      if (e.code() != ErrorCode.TOPIC_ALREADY_EXISTS) {
        throw e;
      }
      return admin.describeTopic(topic);
    }
  }

  static TopicDescription keepForAnHour(MillraceClient client, String topic) {
    return client.admin().alterTopic(topic, Map.of("retention.ms", "3600000"), Set.of());
  }

  static Bounds bounds(MillraceClient client, String topic) {
    TopicPartition first = new TopicPartition(topic, 0);
    Admin admin = client.admin();
    return new Bounds(
        admin.offsets(Map.of(first, OffsetSpec.earliest())).get(first),
        admin.offsets(Map.of(first, OffsetSpec.latest())).get(first));
  }

  static void deleteTheFirst(MillraceClient client, TopicPartition partition, long records) {
    client.admin().deleteRecords(Map.of(partition, records));
  }

  static void delete(MillraceClient client, String topic) {
    client.admin().deleteTopic(topic);
  }
}
