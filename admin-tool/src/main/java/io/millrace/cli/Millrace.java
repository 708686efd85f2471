package io.millrace.cli;

import io.millrace.cli.perf.PerfCommand;
import io.millrace.common.time.SystemClock;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IFactory;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The root of the command and the process's main class. */
@Command(
    name = "millrace",
    description = "A distributed log broker: the server, its clients and its tools.",
    mixinStandardHelpOptions = true,
    versionProvider = Millrace.Version.class,
    scope = ScopeType.INHERIT,
    usageHelpAutoWidth = true,
    abbreviateSynopsis = true,
    sortOptions = false,
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} demo",
      "  ${ROOT-COMMAND-NAME} dev",
      "  ${ROOT-COMMAND-NAME} topic create --help",
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:Success", "1:Failure", "2:A mistake in the command line"})
public final class Millrace implements Runnable, CommandGroup {
  /** Set by the launcher when standard error is a terminal: the shell can tell, Java can't. */
  private static final String TERMINAL = "millrace.terminal";

  /** How the launcher was called. */
  private static final String COMMAND = "millrace.command";

  @Spec private CommandSpec command = CommandSpec.create();

  @Option(
      names = PROFILE,
      paramLabel = "NAME",
      description = "The profile, of commands that take one.")
  private Optional<String> profile = Optional.empty();

  private static final String PROFILE = "--profile";

  private Millrace() {}

  /** The process's entry. */
  public static void main(String[] args) {
    PrintStream err =
        new PrintStream(
            new BufferedOutputStream(new FileOutputStream(FileDescriptor.err), 1 << 10),
            true,
            StandardCharsets.UTF_8);
    CliContext context =
        new CliContext(
            System.in,
            new ResultStream(new FileOutputStream(FileDescriptor.out)),
            err,
            System.getenv(),
            Boolean.getBoolean(TERMINAL),
            System.getProperty(COMMAND, "millrace"),
            new SystemClock());
    int exitCode = run(context, args);
    System.exit(exitCode);
  }

  /** Runs one command line and returns its exit code. */
  static int run(CliContext context, String... args) {
    ErrorReports errors = new ErrorReports(context);
    Millrace root = new Millrace();
    IFactory factory = new ContextFactory(context);
    CommandLine commandLine = new CommandLine(root, factory);
    new CommandTree(factory).addMeant(commandLine, root.members(), afterProfile(args));
    commandLine
        .setOut(new PrintWriter(context.out(), true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(context.err(), true, StandardCharsets.UTF_8))
        .setCommandName(context.command())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setAbbreviatedOptionsAllowed(false)
        .setUsageHelpLongOptionsMaxWidth(28)
        .setExecutionStrategy(parsed -> execute(context, parsed))
        .setParameterExceptionHandler((e, arguments) -> errors.usage(e))
        .setExecutionExceptionHandler((e, line, parsed) -> errors.failure(e, line));
    int exitCode = commandLine.execute(args);
    int written = context.out().failure().map(errors::unwritten).orElse(0);
    context.err().flush();
    return exitCode == 0 ? written : exitCode;
  }

  /** The command with all of its commands, to be looked at. */
  static CommandLine whole(CliContext context) {
    Millrace root = new Millrace();
    IFactory factory = new ContextFactory(context);
    CommandLine commandLine = new CommandLine(root, factory);
    new CommandTree(factory).addAll(commandLine, root.members());
    return commandLine.setCommandName("millrace");
  }

  /** Gives the options that were not given their values, and runs the command. */
  private static int execute(CliContext context, ParseResult parsed) {
    ParseResult last = parsed;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    if (!last.isUsageHelpRequested() && !last.isVersionHelpRequested()) {
      Optional<String> before = ((Millrace) parsed.commandSpec().userObject()).profile;
      try {
        fill(context, before, last.commandSpec());
      } catch (CliException e) {
        CommandLine failed = last.commandSpec().commandLine();
        throw new CommandLine.ExecutionException(failed, e.getMessage(), e);
      }
    }
    return new CommandLine.RunLast().execute(parsed);
  }

  private static void fill(CliContext context, Optional<String> before, CommandSpec command) {
    Optional<ConnectionOptions> connection = mixin(command, ConnectionOptions.class);
    if (connection.isEmpty()) {
      if (before.isPresent()) {
        throw new ParameterException(
            command.commandLine(), PROFILE + " is for commands that connect to a cluster");
      }
      return;
    }
    ClientSettings settings = connection.get().lookUp(context, before);
    mixin(command, OutputOptions.class)
        .ifPresent(output -> output.prefer(OutputFormat.valueOf(settings.text(ProfileKey.output))));
  }

  private static <T> Optional<T> mixin(CommandSpec command, Class<T> type) {
    return command.mixins().values().stream()
        .map(CommandSpec::userObject)
        .filter(type::isInstance)
        .map(type::cast)
        .findFirst();
  }

  /** The words from the command on: a profile may be named before it. */
  private static List<String> afterProfile(String... args) {
    List<String> words = List.of(args);
    if (words.size() > 1 && words.get(0).equals(PROFILE) && !words.get(1).startsWith("@")) {
      return words.subList(2, words.size());
    }
    boolean named = !words.isEmpty() && words.get(0).startsWith(PROFILE + "=");
    return words.subList(named ? 1 : 0, words.size());
  }

  @Override
  public List<Member> members() {
    return List.of(
        new Member("server", ServerCommand.class),
        new Member("dev", DevCommand.class),
        new Member("demo", DemoCommand.class),
        new Member("topic", TopicCommand.class),
        new Member("produce", ProduceCommand.class),
        new Member("consume", ConsumeCommand.class),
        new Member("group", GroupCommand.class),
        new Member("perf", PerfCommand.class),
        new Member("log", LogCommand.class),
        new Member("format", FormatCommand.class),
        new Member("quorum", QuorumCommand.class),
        new Member("partition", PartitionCommand.class),
        new Member("broker", BrokerCommand.class),
        new Member("cluster", ClusterCommand.class),
        new Member("metadata", MetadataCommand.class),
        new Member("config", ConfigCommand.class),
        new Member("profile", ProfileCommand.class),
        new Member("completion", CompletionCommand.class));
  }

  @Override
  public void run() {
    throw new ParameterException(command.commandLine(), "which command?");
  }

  /** Hands the context to the commands that ask for it in their constructor. */
  private record ContextFactory(CliContext context) implements IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
      for (Constructor<?> constructor : type.getDeclaredConstructors()) {
        if (constructor.getParameterCount() == 1
            && constructor.getParameterTypes()[0] == CliContext.class) {
          constructor.setAccessible(true);
          return type.cast(constructor.newInstance(context));
        }
      }
      return CommandLine.defaultFactory().create(type);
    }
  }

  /** What {@code --version} prints. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {
        "millrace " + number(), "java " + Runtime.version() + " on " + System.getProperty("os.name")
      };
    }

    static String number() {
      Properties properties = new Properties();
      try (InputStream in = Millrace.class.getResourceAsStream("version.properties")) {
        if (in != null) {
          properties.load(in);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return properties.getProperty("version", "unknown");
    }
  }
}
