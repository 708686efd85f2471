package io.millrace.cli;

import io.millrace.client.api.TopicDescription;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.config.NearestName;
import io.millrace.metadata.controller.TopicNames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what went wrong into one line, a hint what to do, and an exit code. */
public final class ErrorReports {
  public static final int FAILURE = 1;
  static final int USAGE = 2;

  private final CliContext context;

  /** Where the settings of the command that ran are to be seen. */
  private String settings = "docs/configuration.md";

  public ErrorReports(CliContext context) {
    this.context = context;
  }

  /** A failure of a command. */
  int failure(Throwable thrown, CommandLine command) {
    boolean ofTopic = command.getCommandSpec().userObject() instanceof TopicSettings.User;
    settings =
        ofTopic
            ? context.command() + " topic describe NAME -o wide, or docs/configuration.md, Topics"
            : context.command() + " config show -o wide, or docs/configuration.md";
    return failure(thrown);
  }

  /** A mistake in the command line. */
  int usage(ParameterException e) {
    CommandSpec command = e.getCommandLine().getCommandSpec();
    context.err().println("millrace: " + sentence(e));
    if (e instanceof UnmatchedArgumentException unmatched) {
      nearest(unmatched).forEach(name -> hint("did you mean:  " + name));
    }
    hint("usage:         " + command.qualifiedName() + " --help");
    return USAGE;
  }

  /** A failure, of whatever. */
  public int failure(Throwable thrown) {
    Throwable e = thrown;
    while (e instanceof CompletionException && e.getCause() != null) {
      e = e.getCause();
    }
    if (e instanceof CliException known) {
      context.err().println("millrace: " + known.getMessage());
      known.hints().forEach(this::hint);
    } else if (e instanceof MillraceException refused) {
      refused(refused.error());
    } else if (e instanceof IOException || e instanceof UncheckedIOException) {
      context.err().println("millrace: " + e.getMessage());
    } else {
      context.err().println("millrace: unexpected failure, please report it: " + e);
      e.printStackTrace(context.err());
    }
    context.err().flush();
    return FAILURE;
  }

  /** A result that did not get out. */
  int unwritten(String why) {
    context.err().println("millrace: cannot write to standard output: " + why);
    return FAILURE;
  }

  /** For a command that looks at a topic: it may be that another one is meant. */
  public static CliException unknownTopic(
      CliContext context, String name, Supplier<List<TopicDescription>> topics) {
    return unknownTopic(context, name, nearest(name, topics));
  }

  /** For a command that deletes: a name that is only near must not be put into anyone's hand. */
  static CliException unknownTopicToDelete(CliContext context, String name) {
    return unknownTopic(context, name, List.of());
  }

  /** For a command that fills a topic: it may be that it was to be created first. */
  public static CliException unknownTopicToFill(
      CliContext context, String name, Supplier<List<TopicDescription>> topics) {
    return unknownTopic(
        context,
        name,
        nearest(name, topics),
        "create it:     " + context.command() + " topic create " + name + " --partitions 3");
  }

  private static CliException unknownTopic(
      CliContext context, String name, List<String> nearest, String... more) {
    Optional<MillraceError> badName = TopicNames.check(name);
    if (badName.isPresent()) {
      return new CliException(badName.get().message() + " [" + badName.get().code() + "]");
    }
    List<String> hints = new ArrayList<>(nearest);
    hints.add("see them all:  " + context.command() + " topic list");
    hints.addAll(List.of(more));
    return new CliException("topic '" + name + "' does not exist", hints.toArray(String[]::new));
  }

  /** The nearest of the topics there are, for a hint. */
  private static List<String> nearest(String name, Supplier<List<TopicDescription>> topics) {
    try {
      List<String> names = topics.get().stream().map(TopicDescription::name).toList();
      return NearestName.of(name, names).map(near -> "did you mean:  " + near).stream().toList();
    } catch (MillraceException e) {
      return List.of("(the topics could not be listed: " + e.error().message() + ")");
    }
  }

  private void refused(MillraceError error) {
    boolean unreached = error.details().containsKey("connection");
    if (error.code() == ErrorCode.UNAVAILABLE && unreached) {
      context.err().println("millrace: no broker answers: " + error.message());
      hint("start one:     " + context.command() + " dev");
      hint(
          "name another:  --bootstrap HOST:PORT (or the variable "
              + ConnectionOptions.VARIABLE
              + ")");
      return;
    }
    context.err().println("millrace: " + error.message() + " [" + error.code() + "]");
    switch (error.code()) {
      case INVALID_CONFIG -> hint("see them all:  " + settings);
      case REQUEST_TIMED_OUT, THROTTLED, UNAVAILABLE, NOT_CONTROLLER, OUTCOME_UNKNOWN ->
          hint("try again; --timeout gives it longer");
      case OFFSET_OUT_OF_RANGE -> hint("start at what there is: --from earliest or --from latest");
      case BATCH_TOO_LARGE -> tooLarge(error.details());
      case CORRUPT_BATCH -> goOnAfter(error.details());
      default -> {
        // The message says it all.
      }
    }
  }

  /** The bound is the topic's, or the server's where the topic sets none. */
  private void tooLarge(Map<String, String> details) {
    if (details.containsKey("setting")) {
      String setting = details.get("setting") + "=" + details.getOrDefault("needed", "BYTES");
      hint(
          "raise it:      "
              + context.command()
              + " server --set "
              + setting
              + "  (or more, and the topic's max.message.bytes)");
      return;
    }
    String topic = details.getOrDefault("topic", "TOPIC");
    hint(
        "raise it:      "
            + context.command()
            + " topic alter "
            + topic
            + " --config max.message.bytes="
            + details.getOrDefault("batch_bytes", "BYTES")
            + "  (or more)");
  }

  /** How long the batch is can't be told from its bytes: the next offset is the least to try. */
  private void goOnAfter(Map<String, String> details) {
    if (!details.keySet().containsAll(Set.of("topic", "partition", "position"))) {
      return;
    }
    String next =
        details.getOrDefault("next_offset", "" + (Long.parseLong(details.get("position")) + 1));
    hint(
        "go on after it:  "
            + context.command()
            + " consume "
            + details.get("topic")
            + " --partition "
            + details.get("partition")
            + " --from "
            + next
            + (details.containsKey("next_offset")
                ? ""
                : "  (or later: where the batch ends is not known)"));
    hint(
        "look at it:      "
            + context.command()
            + " log verify DATA-DIRECTORY  (of a stopped broker)");
  }

  private static List<String> nearest(UnmatchedArgumentException e) {
    List<String> known = new ArrayList<>();
    CommandLine command = e.getCommandLine();
    command.getCommandSpec().optionsMap().keySet().forEach(known::add);
    known.addAll(command.getSubcommands().keySet());
    List<String> found = new ArrayList<>();
    for (String argument : e.getUnmatched()) {
      int equals = argument.indexOf('=');
      String name = equals > 0 ? argument.substring(0, equals) : argument;
      NearestName.of(name, known)
          .ifPresent(
              near ->
                  found.add(
                      near.startsWith("-")
                          ? near
                          : command.getCommandSpec().qualifiedName() + " " + near));
    }
    return found;
  }

  private static String sentence(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched) {
      String first = unmatched.getUnmatched().get(0);
      boolean takesCommands = !e.getCommandLine().getSubcommands().isEmpty();
      String what = first.startsWith("-") ? "option" : takesCommands ? "command" : "argument";
      return "unknown " + what + " '" + first + "'";
    }
    String message = String.valueOf(e.getMessage());
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end).strip();
  }

  private void hint(String text) {
    context.err().println("  " + text);
  }
}
