package io.millrace.it.cluster;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.millrace.cli.LocalNode;
import io.millrace.common.net.FreePorts;
import io.millrace.proto.v1.BrokerEndpoint;
import io.millrace.proto.v1.GetMetadataRequest;
import io.millrace.proto.v1.GetMetadataResponse;
import io.millrace.proto.v1.MetadataServiceGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;

/**
 * A cluster of brokers in processes of their own, formed from nothing but their settings. Nodes are
 * numbered from 1.
 */
public final class ClusterProcesses implements AutoCloseable {
  private final List<BrokerProcess> nodes = new ArrayList<>();

  private ClusterProcesses() {}

  /** Starts the nodes, which begin a cluster, and waits until all are ready. */
  public static ClusterProcesses start(Path home, int nodes, Map<String, String> settings)
      throws IOException {
    return start(home, nodes, settings, Addressing.DIRECT);
  }

  /** The same with something between the nodes. */
  public static ClusterProcesses start(
      Path home, int nodes, Map<String, String> settings, Addressing addressing)
      throws IOException {
    return awaitReady(begin(home, Collections.nCopies(nodes, settings), addressing));
  }

  /**
   * The same with settings for each node, one after the other; one with {@code
   * process.roles=broker} is no voter.
   */
  public static ClusterProcesses start(Path home, List<Map<String, String>> settings)
      throws IOException {
    return awaitReady(begin(home, settings, Addressing.DIRECT));
  }

  private static ClusterProcesses awaitReady(ClusterProcesses cluster) {
    boolean ready = false;
    try {
      cluster.nodes.forEach(BrokerProcess::awaitReady);
      ready = true;
      return cluster;
    } finally {
      if (!ready) {
        cluster.close();
      }
    }
  }

  /** Starts the nodes and does not wait for them. */
  static ClusterProcesses begin(Path home, int nodes, Map<String, String> settings)
      throws IOException {
    return begin(home, Collections.nCopies(nodes, settings), Addressing.DIRECT);
  }

  private static ClusterProcesses begin(
      Path home, List<Map<String, String>> settings, Addressing addressing) throws IOException {
    int nodes = settings.size();
    int firstPort = FreePorts.inARow(nodes * LocalNode.PORTS);
    List<LocalNode> locals =
        IntStream.rangeClosed(1, nodes)
            .mapToObj(node -> new LocalNode(node, home, firstPort + (node - 1) * LocalNode.PORTS))
            .toList();
    addressing.open(locals);
    String voters =
        locals.stream()
            .filter(node -> !"broker".equals(settings.get(node.id() - 1).get("process.roles")))
            .map(node -> voter(node, addressing.host(node.id())))
            .collect(Collectors.joining(","));
    ClusterProcesses cluster = new ClusterProcesses();
    for (LocalNode node : locals) {
      Map<String, String> own = new HashMap<>(settings.get(node.id() - 1));
      own.put("node.id", "" + node.id());
      own.put("quorum.voters", voters);
      own.put("advertised.listener", addressing.clients(node.id(), node));
      List<String> jvm = new ArrayList<>(MillraceProcess.SMALL_JVM);
      jvm.addAll(addressing.jvmOptions(node.id()));
      Path directory = Files.createDirectories(home.resolve("node-" + node.id()));
      cluster.nodes.add(BrokerProcess.begin(directory, node.port(), own, jvm));
    }
    return cluster;
  }

  private static String voter(LocalNode node, String host) {
    return node.id() + "@" + host + ":" + (node.port() + 2) + ":" + (node.port() + 1);
  }

  /** A node by its number. */
  public BrokerProcess node(int number) {
    return nodes.get(number - 1);
  }

  public int size() {
    return nodes.size();
  }

  /** Where clients reach all nodes. */
  public String bootstrap() {
    return nodes.stream().map(BrokerProcess::bootstrap).collect(Collectors.joining(","));
  }

  /** The node whose controller is active, as it says itself; empty if none says so. */
  public Optional<Integer> controller() {
    for (int node = 1; node <= size(); node++) {
      if (node(node).process().isAlive() && claimsToBeActive(node)) {
        return Optional.of(node);
      }
    }
    return Optional.empty();
  }

  private boolean claimsToBeActive(int node) {
    try {
      return node(node)
          .get("/metrics")
          .body()
          .lines()
          .anyMatch(line -> line.startsWith("millrace_controller_active 1"));
    } catch (IOException starting) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Waits for an active controller. */
  public int awaitController() {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .until(this::controller, Optional::isPresent)
        .orElseThrow();
  }

  /** The metadata as a node knows them. */
  public GetMetadataResponse metadata(int node) {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(node(node).bootstrap()).usePlaintext().build();
    try {
      return MetadataServiceGrpc.newBlockingStub(channel)
          .withDeadlineAfter(10, TimeUnit.SECONDS)
          .getMetadata(GetMetadataRequest.getDefaultInstance());
    } finally {
      channel.shutdownNow();
    }
  }

  /** The brokers that are fenced. */
  public static Set<Integer> fenced(GetMetadataResponse metadata) {
    return metadata.getBrokersList().stream()
        .filter(BrokerEndpoint::getFenced)
        .map(BrokerEndpoint::getNodeId)
        .collect(Collectors.toSet());
  }

  @Override
  public void close() {
    nodes.forEach(BrokerProcess::close);
  }
}
