package io.millrace.cli;

import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;

/**
 * Tells what became of the records of one {@code produce}, and after a failure how to go on without
 * losing or doubling more than can't be known.
 */
final class ProduceReport {
  /** The detail of a record's error that tells whether it may be in the log all the same. */
  private static final String MAYBE_APPENDED = "maybe_appended";

  private static final Set<ErrorCode> GONE =
      Set.of(ErrorCode.UNKNOWN_TOPIC, ErrorCode.UNKNOWN_TOPIC_ID);

  private final CliContext context;
  private final ProduceCommand command;
  private final SendProgress progress;
  private final long startMs;

  ProduceReport(CliContext context, ProduceCommand command, SendProgress progress) {
    this.context = context;
    this.command = command;
    this.progress = progress;
    this.startMs = context.clock().monotonicMs();
  }

  /**
   * The last word.
   *
   * @param lateFailures records that were refused after they counted as sent (acks=0)
   * @param unread why the input was not read to its end
   * @return whether all of the input was sent well
   */
  boolean print(OutputOptions output, long lateFailures, Optional<CliException> unread) {
    boolean ok = progress.failed() == 0 && lateFailures == 0 && unread.isEmpty();
    output.print(context, () -> data(lateFailures), () -> "");
    if (!output.forPrograms() || !ok) {
      context.err().println(counts() + rates());
    }
    if (lateFailures > 0) {
      context.err().println("millrace: records refused (acks=0): " + lateFailures);
    }
    unread.ifPresent(why -> context.err().println("millrace: " + why.getMessage()));
    if (progress.failure().isPresent()) {
      explain(progress.failure().get());
    } else {
      unread.ifPresent(why -> why.hints().forEach(this::hint));
    }
    context.err().flush();
    return ok;
  }

  void interrupted() {
    context.err().println("interrupted: " + counts());
    context.err().flush();
  }

  private void explain(SendProgress.Failure failure) {
    Throwable cause = failure.cause();
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    context.err().println("millrace: line " + failure.line() + " was the first that failed");
    if (cause instanceof MillraceException e && GONE.contains(e.code())) {
      // It was there when the command began, and going on would not bring it back.
      context.err().println("millrace: topic " + command.topic() + " was deleted");
      return;
    }
    if (cause instanceof MillraceException e && e.code() == ErrorCode.REQUEST_TIMED_OUT) {
      context.err().println("millrace: " + e.error().message() + " [" + e.code() + "]");
      hint(
          "try longer:    --delivery-timeout TIME (it was "
              + Durations.text(command.deliveryTimeout())
              + ")");
    } else {
      new ErrorReports(context).failure(cause);
    }
    boolean inDoubt =
        cause instanceof MillraceException e
            && Boolean.parseBoolean(e.error().details().get(MAYBE_APPENDED));
    howToGoOn(failure, inDoubt);
  }

  /** Everything before the first failure is acknowledged; after it, some may be. */
  private void howToGoOn(SendProgress.Failure failure, boolean inDoubt) {
    long line = failure.line();
    hint(goOn(context, command, line));
    long later = progress.acknowledged() - (failure.number() - 1);
    if (command.acks() != Acks.NONE && later > 0) {
      hint(
          String.format(
              Locale.ROOT,
              "               (%s after line %d %s acknowledged too: going on there doubles %s)",
              TopicReports.count(later, "line"),
              line,
              later == 1 ? "is" : "are",
              later == 1 ? "it" : "them"));
    }
    if (inDoubt) {
      hint(
          "               (line "
              + line
              + " and others without an answer may be in the topic: going on there may double"
              + " them)");
    }
  }

  /** How to send the input from a line on. */
  static String goOn(CliContext context, ProduceCommand command, long line) {
    return "go on:         tail -n +"
        + line
        + command.file().map(f -> " " + f).orElse(" INPUT")
        + " | "
        + context.command()
        + " produce "
        + command.topic()
        + " …";
  }

  private Map<String, Object> data(long lateFailures) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("topic", command.topic());
    data.put("sent", progress.sent());
    data.put("acknowledged", command.acks() == Acks.NONE ? 0 : progress.acknowledged());
    data.put("failed", progress.failed() + lateFailures);
    data.put("bytes", progress.bytes());
    progress.failure().ifPresent(failure -> data.put("first_failed_line", failure.line()));
    return data;
  }

  private String counts() {
    String sent = TopicReports.count(progress.sent(), "record") + " sent to " + command.topic();
    return command.acks() == Acks.NONE
        ? sent + ", no acknowledgement asked for"
        : sent + String.format(Locale.ROOT, ", %,d acknowledged", progress.acknowledged());
  }

  private String rates() {
    double seconds = Math.max(1, context.clock().monotonicMs() - startMs) / 1_000.0;
    return String.format(
        Locale.ROOT,
        " in %.1f s (%,.0f records/s, %.1f MB/s)",
        seconds,
        progress.sent() / seconds,
        progress.bytes() / seconds / 1e6);
  }

  private void hint(String text) {
    context.err().println("  " + text);
  }
}
