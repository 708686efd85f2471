package io.millrace.broker.rpc;

import io.millrace.common.MillraceException;

/** Says who may do what: every service asks before it does anything. Thread-safe. */
public interface Authorizer {
  /** Allows everything. */
  Authorizer ALLOW_ALL = (context, operation, resource) -> {};

  /** What is to be done. */
  enum Operation {
    /** See that something exists and how it is configured. */
    DESCRIBE,
    /** Read records. */
    READ,
    /** Append records. */
    WRITE,
    /** Create a topic. */
    CREATE,
    /** Change a topic. */
    ALTER,
    /** Delete a topic or its records. */
    DELETE
  }

  /**
   * Checks a request.
   *
   * @param context who asks
   * @param operation what is to be done
   * @param resource the topic's name, or empty for the cluster
   * @throws MillraceException if it is not allowed
   */
  void check(RequestContext context, Operation operation, String resource);
}
