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

  /** Tells of records that failed; returns whether there were any. */
  static boolean failures(CliContext context, Acknowledgements answers, long lateFailures) {
    long failed = answers.failed() + lateFailures;
    if (failed == 0) {
      return false;
    }
    context
        .err()
        .printf(
            Locale.ROOT,
            "millrace: %,d of the records failed, after %,d that did not; the first:%n",
            failed,
            answers.acknowledged().records());
    answers
        .firstFailure()
        .ifPresentOrElse(
            cause -> new ErrorReports(context).failure(cause),
            () -> context.err().println("millrace: refused by the broker, which said it later"));
    return true;
  }
}
