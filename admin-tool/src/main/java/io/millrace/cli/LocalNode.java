package io.millrace.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A node on this machine in a process of its own: what it is started with. {@code millrace dev} and
 * the tests on real processes start theirs by it. Immutable.
 *
 * @param id its number
 * @param data its data directory
 * @param port for clients; the next three are for other nodes, the quorum and administrators
 */
public record LocalNode(int id, Path data, int port) {
  /** How many ports a node takes. */
  public static final int PORTS = 4;

  private static final String HOST = "127.0.0.1";
  private static final int WARNS_OF_NATIVE_CODE = 24;

  /** Where clients connect, host:port. */
  public String clients() {
    return HOST + ":" + port;
  }

  /** Where other nodes connect, host:port. */
  public String internal() {
    return HOST + ":" + (port + 1);
  }

  /** Where the metadata quorum's members connect, host:port. */
  public String quorum() {
    return HOST + ":" + (port + 2);
  }

  /** Where the HTTP pages are, a URL without a path. */
  public String administrators() {
    return "http://" + HOST + ":" + (port + 3);
  }

  /** As {@code quorum.voters} names it. */
  public String voter() {
    return id + "@" + HOST + ":" + (port + 2) + ":" + (port + 1);
  }

  /** Its own settings; a node that is to be one of several needs {@code quorum.voters} too. */
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("node.id", Integer.toString(id));
    settings.put("data.dirs", data.toString());
    settings.put("listener.client", clients());
    settings.put("listener.internal", internal());
    settings.put("listener.quorum", quorum());
    settings.put("listener.admin", HOST + ":" + (port + 3));
    return settings;
  }

  /** What makes the {@code millrace} command run a node with these settings. */
  public static List<String> server(Map<String, String> settings) {
    List<String> arguments = new ArrayList<>(List.of("server"));
    settings.forEach((key, value) -> arguments.addAll(List.of("--set", key + "=" + value)));
    return arguments;
  }

  /**
   * The {@code millrace} command in a process of its own, on the Java and the classes of this one.
   *
   * @param jvmOptions of its JVM
   * @param arguments of the command
   */
  public static ProcessBuilder process(List<String> jvmOptions, List<String> arguments) {
    return process(jvmOptions, System.getProperty("java.class.path", ""), arguments);
  }

  /** The same on the classes of another class path. */
  public static ProcessBuilder process(
      List<String> jvmOptions, String classPath, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
    command.addAll(jvmOptions);
    String nativeAccess = "--enable-native-access=ALL-UNNAMED";
    if (Runtime.version().feature() >= WARNS_OF_NATIVE_CODE && !command.contains(nativeAccess)) {
      command.add(nativeAccess);
    }
    command.addAll(List.of("-cp", classPath));
    command.add(Millrace.class.getName());
    command.addAll(arguments);
    return new ProcessBuilder(command);
  }
}
