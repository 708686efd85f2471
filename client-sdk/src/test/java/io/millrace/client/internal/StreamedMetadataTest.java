package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MetadataEvent;
import io.millrace.client.api.MetadataEvent.Kind;
import io.millrace.client.api.MetadataWatch;
import io.millrace.client.api.MillraceClient;
import io.millrace.common.MillraceException;
import io.millrace.proto.v1.ClusterServiceGrpc;
import io.millrace.proto.v1.DumpMetadataRequest;
import io.millrace.proto.v1.DumpMetadataResponse;
import io.millrace.proto.v1.MetadataPiece;
import io.millrace.proto.v1.MetadataProgress;
import io.millrace.proto.v1.MetadataResync;
import io.millrace.proto.v1.MetadataServiceGrpc;
import io.millrace.proto.v1.MetadataValue;
import io.millrace.proto.v1.WatchMetadataRequest;
import io.millrace.proto.v1.WatchMetadataResponse;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a watch and a dump of the metadata tell when their node goes away in the middle. */
@Timeout(60)
final class StreamedMetadataTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** What each call is answered with, one after the other; after the last frame it is cut. */
  private final Queue<List<WatchMetadataResponse>> scripts = new ConcurrentLinkedQueue<>();

  private final Queue<Long> askedFrom = new ConcurrentLinkedQueue<>();
  private final Queue<String> dumps = new ConcurrentLinkedQueue<>();
  private Server server;
  private MillraceClient client;

  @BeforeEach
  void start() throws Exception {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(new Watches())
            .addService(new Dumps())
            .build()
            .start();
    client =
        MillraceClient.connect(
            ClientConfig.builder()
                .bootstrap(BrokerAddress.parseList("127.0.0.1:" + server.getPort()))
                .requestTimeout(Duration.ofSeconds(2))
                .build());
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
  }

  @Test
  void snapshotThatBreaksOffIsToldFromItsBeginningAfterAResync() {
    scripts.add(List.of(snapshot(7, false), snapshot(7, false)));
    scripts.add(List.of(snapshot(8, true), progress(9)));
    try (MetadataWatch watch = client.admin().watchMetadata(Set.of(), 0)) {
      assertThat(kinds(watch, 5))
          .containsExactly(Kind.SNAPSHOT, Kind.SNAPSHOT, Kind.RESYNC, Kind.SNAPSHOT, Kind.PROGRESS);
      assertThat(watch.revision()).isEqualTo(9);
    }
    assertThat(askedFrom).startsWith(0L, 0L);
  }

  @Test
  void announcedSnapshotThatNeverCameIsAskedForAtTheNextNode() {
    scripts.add(List.of(resync(20)));
    scripts.add(List.of(snapshot(21, false)));
    scripts.add(List.of(snapshot(22, true)));
    scripts.add(List.of(progress(23)));
    try (MetadataWatch watch = client.admin().watchMetadata(Set.of(), 5)) {
      assertThat(kinds(watch, 5))
          .containsExactly(Kind.RESYNC, Kind.RESYNC, Kind.SNAPSHOT, Kind.RESYNC, Kind.SNAPSHOT);
      assertThat(kinds(watch, 1)).containsExactly(Kind.PROGRESS);
    }
    assertThat(askedFrom).startsWith(5L, 0L, 0L, 22L);
  }

  @Test
  void dumpThatBreaksOffIsNotBegunAgain() {
    List<String> values = new ArrayList<>();
    assertThatThrownBy(() -> client.admin().dumpMetadata("/", value -> values.add(value.path())))
        .isInstanceOf(MillraceException.class)
        .hasMessageContaining("the dump broke off: cut by the test");
    assertThat(values).containsExactly("/1");
    assertThat(dumps).containsExactly("/");
  }

  @Test
  void dumpThatStopsComingIsGivenUp() {
    assertThatThrownBy(() -> client.admin().dumpMetadata("/stuck", value -> {}))
        .isInstanceOf(MillraceException.class)
        .hasMessageContaining("the dump broke off: nothing more came within 2000 ms");
  }

  @Test
  void whatTheReaderThrowsEndsTheDump() {
    assertThatThrownBy(
            () ->
                client
                    .admin()
                    .dumpMetadata(
                        "/",
                        value -> {
                          throw new IllegalStateException("the reader's own");
                        }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(dumps).containsExactly("/");
  }

  private static List<Kind> kinds(MetadataWatch watch, int count) {
    List<Kind> kinds = new ArrayList<>();
    while (kinds.size() < count) {
      kinds.add(watch.poll(PATIENCE).map(MetadataEvent::kind).orElseThrow());
    }
    return kinds;
  }

  private static WatchMetadataResponse snapshot(long revision, boolean last) {
    return WatchMetadataResponse.newBuilder()
        .setRevision(revision)
        .setSnapshot(MetadataPiece.newBuilder().setLast(last))
        .build();
  }

  private static WatchMetadataResponse resync(long revision) {
    return WatchMetadataResponse.newBuilder()
        .setRevision(revision)
        .setResync(MetadataResync.getDefaultInstance())
        .build();
  }

  private static WatchMetadataResponse progress(long revision) {
    return WatchMetadataResponse.newBuilder()
        .setRevision(revision)
        .setProgress(MetadataProgress.getDefaultInstance())
        .build();
  }

  private static RuntimeException cut() {
    return Status.UNAVAILABLE.withDescription("cut by the test").asRuntimeException();
  }

  private final class Watches extends MetadataServiceGrpc.MetadataServiceImplBase {
    @Override
    public void watchMetadata(
        WatchMetadataRequest request, StreamObserver<WatchMetadataResponse> call) {
      askedFrom.add(request.getRevision());
      List<WatchMetadataResponse> script = scripts.poll();
      if (script != null) {
        script.forEach(call::onNext);
      }
      call.onError(cut());
    }
  }

  private final class Dumps extends ClusterServiceGrpc.ClusterServiceImplBase {
    @Override
    public void dumpMetadata(
        DumpMetadataRequest request, StreamObserver<DumpMetadataResponse> call) {
      dumps.add(request.getPath());
      call.onNext(
          DumpMetadataResponse.newBuilder()
              .addValues(MetadataValue.newBuilder().setPath("/1").setText("x"))
              .build());
      if (!request.getPath().equals("/stuck")) {
        call.onError(cut());
      }
    }
  }
}
