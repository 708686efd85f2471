package io.millrace.cli.perf;

import io.millrace.cli.CliContext;
import io.millrace.cli.ErrorReports;
import io.millrace.client.api.Admin;
import io.millrace.client.api.TopicDescription;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.util.Locale;

/** What the commands that send have to say alike. */
final class LoadReport {
  private LoadReport() {}

  /** The topic to fill, or an error that says how to create it. */
  static TopicDescription topic(CliContext context, Admin admin, String name) {
    try {
      return admin.describeTopic(name);
    } catch (MillraceException e) {
      throw e.code() == ErrorCode.UNKNOWN_TOPIC
          ? ErrorReports.unknownTopicToFill(context, name, admin::listTopics)
          : e;
    }
  }

  /**
   * Tells of what failed; returns whether there was anything.
   *
   * @param lateFailures records that were refused after they counted as sent (acks=0)
   */
  static boolean failures(CliContext context, Acknowledgements answers, long lateFailures) {
    if (answers.failed() > 0) {
      context
          .err()
          .printf(
              Locale.ROOT,
              "millrace: %,d of the records failed, after %,d that did not; the first:%n",
              answers.failed(),
              answers.acknowledged().records());
      answers.firstFailure().ifPresent(cause -> new ErrorReports(context).failure(cause));
    }
    if (lateFailures > 0) {
      context.err().println("millrace: records refused (acks=0): " + lateFailures);
    }
    return answers.failed() + lateFailures > 0;
  }
}
