package io.millrace.broker.rpc;

import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import java.util.Optional;

/**
 * What one caller may do to the partitions that it names by id: the authorizer is asked for each
 * topic, and its refusal is the answer for that partition alone. Immutable.
 */
final class Access {
  private final Authorizer authorizer;
  private final RequestContext caller;
  private final Partitions partitions;

  private Access(Authorizer authorizer, RequestContext caller, Partitions partitions) {
    this.authorizer = authorizer;
    this.caller = caller;
    this.partitions = partitions;
  }

  /** Of the call that this thread serves. */
  static Access ofCall(Authorizer authorizer, Partitions partitions) {
    return new Access(authorizer, RequestContext.current(), partitions);
  }

  /** Why the caller may not; empty if it may. Nobody may if the topic is not known (any more). */
  Optional<MillraceError> refusal(Operation operation, TopicIdPartition id) {
    Optional<String> topic = partitions.topicName(id.topicId());
    if (topic.isEmpty()) {
      return Optional.of(partitions.whyNotHere(id));
    }
    try {
      authorizer.check(caller, operation, topic.get());
      return Optional.empty();
    } catch (MillraceException refused) {
      return Optional.of(refused.error());
    }
  }
}
