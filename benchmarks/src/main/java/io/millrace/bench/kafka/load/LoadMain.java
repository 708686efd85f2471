package io.millrace.bench.kafka.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * A client process: takes one command a line on standard input, answers with one line on standard
 * output ({@code = fields} or {@code ! message}), and ends with the input.
 */
public final class LoadMain {
  /** Begins an answer. */
  public static final String ANSWER = "= ";

  /** Begins the answer of a command that failed. */
  public static final String FAILURE = "! ";

  private LoadMain() {}

  /**
   * Serves until the input ends.
   *
   * @param arguments the class of the side, host:port of its broker, then settings of all its
   *     clients as {@link Fields}
   */
  public static void main(String[] arguments) throws Exception {
    Map<String, String> settings = Fields.parse(arguments[2]).values();
    Side side =
        Class.forName(arguments[0])
            .asSubclass(Side.class)
            .getConstructor(String.class, Map.class)
            .newInstance(arguments[1], settings);
    try (side) {
      serve(side, new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)));
    }
  }

  private static void serve(Side side, BufferedReader input) throws IOException {
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      System.out.println(answer(side, Fields.parse(line)));
      System.out.flush();
    }
  }

  private static String answer(Side side, Fields command) {
    try {
      return ANSWER + run(side, command).line();
    } catch (Exception e) {
      e.printStackTrace();
      return FAILURE + String.valueOf(e).replaceAll("\\s+", " ");
    }
  }

  private static Fields run(Side side, Fields command) throws Exception {
    return switch (command.text("command")) {
      case "await-brokers" -> AwaitBrokers.run(side, command);
      case "create" -> {
        side.createTopic(
            command.text("topic"),
            (int) command.number("partitions"),
            (int) command.number("replicas"),
            command.after("config."));
        yield Fields.none();
      }
      case "delete" -> {
        side.deleteTopic(command.text("topic"));
        yield Fields.none();
      }
      case "fill" -> ProduceRound.fill(side, command);
      case "produce" -> ProduceRound.run(side, command);
      case "consume" -> ConsumeRound.run(side, command);
      case "latency" -> LatencyRound.run(side, command);
      case "many-topics" -> ManyTopics.run(side, command);
      case "first-ack" -> FirstAck.run(side, command);
      default -> throw new IllegalArgumentException("command " + command.text("command"));
    };
  }
}
