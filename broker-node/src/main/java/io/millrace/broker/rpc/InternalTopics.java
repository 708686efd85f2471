package io.millrace.broker.rpc;

import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.metadata.image.TopicImage;
import java.util.Map;

/** Keeps clients from changing the system's own topics, whoever they are. Stateless. */
final class InternalTopics {
  private InternalTopics() {}

  /** Refuses to write, make or delete them, and else does as the authorizer says. */
  static Authorizer guard(Authorizer authorizer) {
    return (context, operation, resource) -> {
      authorizer.check(context, operation, resource);
      if (operation == Operation.WRITE
          || operation == Operation.CREATE
          || operation == Operation.DELETE) {
        requireOrdinary(resource);
      }
    };
  }

  /**
   * Refuses what only the system itself may do with its topics.
   *
   * @throws MillraceException with POLICY_VIOLATION
   */
  static void requireOrdinary(String topic) {
    if (TopicImage.isInternal(topic)) {
      throw new MillraceError(
              ErrorCode.POLICY_VIOLATION,
              "topic: "
                  + topic
                  + " (expected: a name that does not begin with __; those topics are the"
                  + " system's own)",
              Map.of("topic", topic))
          .exception();
    }
  }
}
