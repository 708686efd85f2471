package io.millrace.broker.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pages for operators and their tools: health, readiness, metrics. Two threads of its own. */
final class AdminHttp implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(AdminHttp.class);
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";

  private final HttpServer server;
  private final ExecutorService threads;

  /** One line of a health page. */
  record Check(String name, boolean ok, String detail) {}

  private AdminHttp(HttpServer server) {
    this.server = server;
    this.threads =
        Executors.newFixedThreadPool(
            2,
            task -> {
              Thread thread = new Thread(task, "admin-http");
              thread.setDaemon(true);
              return thread;
            });
    server.setExecutor(threads);
  }

  /**
   * Opens the listener.
   *
   * @throws StartException if the address can't be bound
   */
  static AdminHttp open(ListenAddress address) {
    try {
      return new AdminHttp(
          HttpServer.create(new InetSocketAddress(address.host(), address.port()), 0));
    } catch (IOException e) {
      throw Listeners.cannotBind(ListenerSettings.LISTENER_ADMIN, address, e);
    }
  }

  /** The port listened on. */
  int port() {
    return server.getAddress().getPort();
  }

  /**
   * Begins to serve.
   *
   * @param health what must hold while the process is worth keeping
   * @param readiness what must hold for clients to be sent here
   * @param metrics the metrics in Prometheus' text format
   */
  void start(
      Supplier<List<Check>> health, Supplier<List<Check>> readiness, Supplier<String> metrics) {
    server.createContext("/healthz", page("/healthz", () -> checks(health.get())));
    server.createContext("/readyz", page("/readyz", () -> checks(readiness.get())));
    server.createContext("/metrics", page("/metrics", () -> new Page(200, METRICS, metrics.get())));
    server.createContext(
        "/", page("/", () -> new Page(200, TEXT, "/healthz\n/readyz\n/metrics\n")));
    server.start();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private record Page(int status, String type, String body) {}

  private static Page checks(List<Check> checks) {
    StringBuilder body = new StringBuilder();
    for (Check check : checks) {
      body.append(check.ok() ? "[+] " : "[-] ").append(check.name());
      body.append(check.detail().isEmpty() ? "" : ": " + check.detail()).append('\n');
    }
    boolean ok = checks.stream().allMatch(Check::ok);
    return new Page(ok ? 200 : 503, TEXT, body.append(ok ? "ok\n" : "not ok\n").toString());
  }

  private static HttpHandler page(String path, Supplier<Page> content) {
    return exchange -> {
      try (exchange) {
        send(exchange, answer(exchange, path, content));
      } catch (IOException e) {
        log.debug("a client of {} went away", path, e);
      }
    };
  }

  private static Page answer(HttpExchange exchange, String path, Supplier<Page> content) {
    String method = exchange.getRequestMethod();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      return new Page(405, TEXT, method + " (expected: GET or HEAD)\n");
    }
    if (!exchange.getRequestURI().getPath().equals(path)) {
      return new Page(404, TEXT, "no such page (expected: /healthz, /readyz or /metrics)\n");
    }
    try {
      return content.get();
    } catch (RuntimeException e) {
      log.error("{} failed", path, e);
      return new Page(500, TEXT, "failed: " + e + "\n");
    }
  }

  private static void send(HttpExchange exchange, Page page) throws IOException {
    byte[] body = page.body().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", page.type());
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(page.status(), -1);
      return;
    }
    exchange.sendResponseHeaders(page.status(), body.length == 0 ? -1 : body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }
}
