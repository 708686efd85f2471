package io.millrace.metadata.controller;

import com.google.protobuf.ByteString;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.controller.ClusterCommand.AlterBrokerConfigs;
import io.millrace.metadata.controller.ClusterCommand.AlterClusterConfigs;
import io.millrace.metadata.controller.ClusterCommand.AlterReassignments;
import io.millrace.metadata.controller.ClusterCommand.DrainBroker;
import io.millrace.metadata.controller.ClusterCommand.Reassignment;
import io.millrace.metadata.controller.ClusterCommand.UnregisterBroker;
import io.millrace.metadata.controller.ClusterCommand.UpdateFeatureLevel;
import io.millrace.metadata.controller.Command.AdminCommand;
import io.millrace.metadata.controller.Command.AlterTopicConfigs;
import io.millrace.metadata.controller.Command.CreatePartitions;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.Command.DeleteTopic;
import io.millrace.metadata.controller.Command.TopicCommand;
import io.millrace.metadata.controller.CommandResult.Done;
import io.millrace.metadata.controller.CommandResult.TopicResult;
import io.millrace.metadata.image.AnsweredRequest;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.Records;
import io.millrace.proto.internal.v1.MetadataRecord;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/** Answers a repeated request as the first one was, for a bounded time and number of requests. */
final class RequestMemory {
  private static final int FINGERPRINT_BYTES = 16;

  /** Stands in the record for no topic. */
  private static final UUID NO_TOPIC = new UUID(0, 0);

  private final ControllerSettings settings;

  RequestMemory(ControllerSettings settings) {
    this.settings = settings;
  }

  /** The answer to a repetition, or why its id can't be taken; empty for a new request. */
  Optional<Decision> recall(MetadataImage image, AdminCommand command, long wallMs) {
    Optional<String> id = command.options().requestId();
    if (id.isEmpty()) {
      return Optional.empty();
    }
    int chars = id.get().length();
    if (chars < 1 || chars > RequestOptions.MAX_REQUEST_ID_CHARS) {
      String expected = "1 to " + RequestOptions.MAX_REQUEST_ID_CHARS + " characters";
      return Optional.of(
          Decision.refused(
              ErrorCode.INVALID_REQUEST,
              "request_id: " + chars + " characters (expected: " + expected + ")"));
    }
    return image
        .requests()
        .find(id.get())
        .filter(known -> wallMs - known.answeredAtMs() <= settings.requestRetentionMs())
        .map(known -> repeat(known, command));
  }

  /** The record that remembers an answer. */
  MetadataRecord remember(
      String requestId, AdminCommand command, Optional<UUID> topicId, long revision, long wallMs) {
    return Records.requestAnswered(
        new AnsweredRequest(
            requestId, fingerprint(command), wallMs, topicId.orElse(NO_TOPIC), revision),
        wallMs - settings.requestRetentionMs(),
        settings.maxRememberedRequests());
  }

  private static Decision repeat(AnsweredRequest known, AdminCommand command) {
    if (known.fingerprint().equals(fingerprint(command))) {
      return Decision.answer(
          command instanceof TopicCommand
              ? new TopicResult(Optional.of(known.topicId()), known.revision())
              : new Done(known.revision()));
    }
    return Decision.refused(
        new MillraceError(
            ErrorCode.REQUEST_ID_REUSED,
            "request_id: "
                + known.requestId()
                + " was used for another request (expected: a new one for each request)",
            Map.of("request_id", known.requestId())));
  }

  /** A digest of what is asked, the same for the same request in every version of the software. */
  private static ByteString fingerprint(AdminCommand command) {
    MessageDigest digest = sha256();
    if (command instanceof CreateTopic create) {
      put(digest, "create", create.topic());
      put(digest, "" + create.partitions(), "" + create.replicationFactor());
      new TreeMap<>(create.configs()).forEach((key, value) -> put(digest, key, value));
      put(digest, create.assignments());
    } else if (command instanceof DeleteTopic delete) {
      put(digest, "delete", delete.topic());
      put(digest, delete.expectedId().map(UUID::toString).orElse(""));
    } else if (command instanceof AlterTopicConfigs alter) {
      put(digest, "alter", alter.topic());
      put(digest, alter.changes());
    } else if (command instanceof CreatePartitions grow) {
      put(digest, "grow", grow.topic(), "" + grow.partitions());
      put(digest, grow.assignments());
    } else if (command instanceof ClusterCommand cluster) {
      fingerprint(digest, cluster);
    }
    return ByteString.copyFrom(digest.digest(), 0, FINGERPRINT_BYTES);
  }

  private static void fingerprint(MessageDigest digest, ClusterCommand command) {
    if (command instanceof UnregisterBroker unregister) {
      put(digest, "unregister", "" + unregister.brokerId(), "" + unregister.brokerEpoch());
    } else if (command instanceof DrainBroker drain) {
      put(digest, "drain", "" + drain.brokerId(), "" + drain.drained());
    } else if (command instanceof AlterClusterConfigs alter) {
      put(digest, "alter-cluster");
      put(digest, alter.changes());
    } else if (command instanceof AlterBrokerConfigs alter) {
      put(digest, "alter-broker", "" + alter.brokerId());
      put(digest, alter.changes());
    } else if (command instanceof UpdateFeatureLevel update) {
      put(digest, "features", "" + update.level());
    } else if (command instanceof AlterReassignments alter) {
      put(digest, "reassign");
      for (Reassignment one : alter.reassignments()) {
        put(digest, one.partition().toString());
        put(digest, one.replicas().map(List::toString).orElse("cancel"));
      }
    }
  }

  private static void put(MessageDigest digest, Map<String, Optional<String>> changes) {
    new TreeMap<>(changes)
        .forEach((key, value) -> put(digest, key, value.map(v -> "=" + v).orElse("")));
  }

  private static void put(MessageDigest digest, List<List<Integer>> assignments) {
    assignments.forEach(replicas -> put(digest, replicas.toString()));
  }

  private static void put(MessageDigest digest, String... texts) {
    for (String text : texts) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
      digest.update(bytes);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
