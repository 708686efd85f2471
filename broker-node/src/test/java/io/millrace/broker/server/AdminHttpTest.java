package io.millrace.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.server.AdminHttp.Check;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AdminHttpTest {
  private static final ListenAddress ANY_PORT = new ListenAddress("127.0.0.1", 0);

  private final AtomicBoolean ready = new AtomicBoolean();
  private final AdminHttp http = AdminHttp.open(ANY_PORT);
  private final HttpClient client = HttpClient.newHttpClient();

  {
    http.start(
        () -> List.of(new Check("process", true, "")),
        () -> List.of(new Check("quorum", ready.get(), "no controller")),
        () -> "millrace_up 1.0\n");
  }

  @AfterEach
  void close() {
    http.close();
  }

  @Test
  void readinessFollowsItsChecks() throws Exception {
    assertThat(get("/readyz").statusCode()).isEqualTo(503);
    assertThat(get("/readyz").body()).isEqualTo("[-] quorum: no controller\nnot ok\n");
    ready.set(true);
    assertThat(get("/readyz").statusCode()).isEqualTo(200);
    assertThat(get("/healthz").body()).isEqualTo("[+] process\nok\n");
  }

  @Test
  void servesMetricsInPrometheusFormat() throws Exception {
    HttpResponse<String> page = get("/metrics");
    assertThat(page.body()).isEqualTo("millrace_up 1.0\n");
    assertThat(page.headers().firstValue("Content-Type"))
        .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain; version=0.0.4"));
  }

  @Test
  void refusesOtherPagesAndMethods() throws Exception {
    assertThat(get("/metricsx").statusCode()).isEqualTo(404);
    assertThat(get("/").body()).contains("/readyz");
    HttpRequest post =
        HttpRequest.newBuilder(uri("/metrics"))
            .POST(HttpRequest.BodyPublishers.ofString("x"))
            .build();
    assertThat(client.send(post, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(405);
  }

  @Test
  void saysThatAPortIsInUseAndWhichSettingChangesIt() {
    ListenAddress taken = new ListenAddress("127.0.0.1", http.port());
    assertThatThrownBy(() -> AdminHttp.open(taken))
        .isInstanceOf(StartException.class)
        .hasMessage(
            "cannot listen on "
                + taken
                + ": the port is in use (stop what listens there, or choose another with"
                + " listener.admin)");
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + http.port() + path);
  }
}
