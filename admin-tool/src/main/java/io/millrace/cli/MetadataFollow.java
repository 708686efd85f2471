package io.millrace.cli;

import io.millrace.client.api.ClusterDescription;
import io.millrace.client.api.MetadataEvent;
import io.millrace.client.api.MetadataEvent.ChangedTopic;
import io.millrace.client.api.MetadataEvent.Kind;
import io.millrace.client.api.MetadataWatch;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.PartitionDescription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace metadata watch}. */
@Command(
    name = "watch",
    description = {
      "Prints what changes of topics, partitions, brokers and the controller, as it does.",
      "When the node that tells is lost, another goes on from the same revision. Ctrl-C ends it.",
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} metadata watch",
      "  ${ROOT-COMMAND-NAME} metadata watch /topics/orders",
      "  ${ROOT-COMMAND-NAME} metadata watch /brokers -o json",
    })
final class MetadataFollow implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "PATH",
      description = "Only what lies at or below this path, such as /topics/NAME or /brokers.")
  private String path = "/";

  @Option(
      names = "--initial",
      description = "Print what there is first, as if it had just come to be.")
  private boolean initial;

  @Option(
      names = "--max",
      paramLabel = "N",
      converter = Numbers.AtLeastOne.class,
      description = "End after so many lines. Default: never.")
  private int max = Integer.MAX_VALUE;

  private int printed;

  /** What is known, by path. */
  private final TreeMap<String, Object> known = new TreeMap<>();

  /** What a snapshot has told so far; what is missing at its end is gone. */
  private Optional<TreeMap<String, Object>> snapshot = Optional.empty();

  private boolean complete;
  private int lastNode;

  MetadataFollow(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    requireWatchable();
    try (MillraceClient client = connection.connect(context);
        MetadataWatch watch = client.admin().watchMetadata(topics(), 0)) {
      while (printed < max) {
        watch.poll(PATIENCE).ifPresent(this::take);
        context.out().flush();
        if (context.out().failure().isPresent()) {
          break; // Told by the command's end.
        }
      }
      return 0;
    }
  }

  private void requireWatchable() {
    String first = names().isEmpty() ? "" : names().get(0);
    if (!Set.of("", "topics", "brokers", "controller").contains(first)) {
      throw new CliException(
          "PATH: " + path + " (expected: below /topics, /brokers or /controller)",
          "others once:   " + context.command() + " metadata get " + path);
    }
  }

  private List<String> names() {
    return List.of(path.split("/", -1)).stream().filter(name -> !name.isEmpty()).toList();
  }

  private Set<String> topics() {
    List<String> names = names();
    boolean one = names.size() > 1 && names.get(0).equals("topics");
    return one ? Set.of(names.get(1)) : Set.of();
  }

  private void take(MetadataEvent event) {
    if (event.nodeId() != lastNode) {
      lastNode = event.nodeId();
      context
          .err()
          .println("node " + lastNode + " tells, from revision " + event.revision() + " on");
    }
    if (event.kind() == Kind.RESYNC) {
      snapshot = Optional.empty();
    } else if (event.kind() == Kind.SNAPSHOT) {
      TreeMap<String, Object> all = snapshot.orElseGet(TreeMap::new);
      snapshot = Optional.of(all);
      collect(event, all);
      if (event.last()) {
        replace(event.revision(), all);
        snapshot = Optional.empty();
      }
    } else {
      change(event);
    }
  }

  private void replace(long revision, Map<String, Object> all) {
    boolean print = complete || initial;
    List<String> gone = known.keySet().stream().filter(name -> !all.containsKey(name)).toList();
    gone.forEach(name -> set(revision, name, null, print));
    all.forEach((name, value) -> set(revision, name, value, print));
    complete = true;
  }

  private void change(MetadataEvent event) {
    long revision = event.revision();
    for (String topic : event.content().deletedTopics()) {
      below("/topics/" + topic + "/").forEach(name -> set(revision, name, null, true));
    }
    for (int broker : event.content().removedBrokers()) {
      below("/brokers/" + broker + "/").forEach(name -> set(revision, name, null, true));
    }
    Map<String, Object> values = new LinkedHashMap<>();
    collect(event, values);
    values.forEach((name, value) -> set(revision, name, value, true));
  }

  private List<String> below(String prefix) {
    return new ArrayList<>(known.subMap(prefix, prefix + Character.MAX_VALUE).keySet());
  }

  private void collect(MetadataEvent event, Map<String, Object> values) {
    values.put("/controller/node_id", event.controllerId());
    for (ClusterDescription.Broker broker : event.content().brokers()) {
      String at = "/brokers/" + broker.nodeId() + "/";
      values.put(at + "client_endpoint", broker.address().toString());
      values.put(at + "rack", broker.rack());
      values.put(at + "fenced", broker.fenced());
    }
    for (ChangedTopic topic : event.content().topics()) {
      topic.id().ifPresent(id -> values.put("/topics/" + topic.name() + "/id", id.toString()));
      topic.partitions().forEach(partition -> collect(topic.name(), partition, values));
    }
  }

  private static void collect(
      String topic, PartitionDescription partition, Map<String, Object> values) {
    String at = "/topics/" + topic + "/partitions/" + partition.partition() + "/";
    values.put(at + "leader", partition.leader());
    values.put(at + "leader_epoch", partition.leaderEpoch());
    values.put(at + "replicas", partition.replicas());
    values.put(at + "isr", partition.inSyncReplicas());
  }

  /** Takes a value, or that it is gone, and prints it if it is another one. */
  private void set(long revision, String name, @Nullable Object value, boolean print) {
    String above = "/" + String.join("/", names());
    if (!above.equals("/") && !name.equals(above) && !name.startsWith(above + "/")) {
      return;
    }
    Object before = value == null ? known.remove(name) : known.put(name, value);
    if (print && !Objects.equals(before, value) && printed < max) {
      printed++;
      print(revision, name, before, value);
    }
  }

  private void print(long revision, String name, @Nullable Object before, @Nullable Object value) {
    if (output.forPrograms()) {
      Map<String, @Nullable Object> line = new LinkedHashMap<>();
      line.put("revision", revision);
      line.put("path", name);
      line.put("value", value);
      line.put("before", before);
      context.out().println(DataWriter.json(line, false));
    } else {
      context
          .out()
          .println(
              revision
                  + "  "
                  + name
                  + "  "
                  + (value == null ? "(gone)" : value)
                  + (before == null || value == null ? "" : "  (was " + before + ")"));
    }
  }
}
