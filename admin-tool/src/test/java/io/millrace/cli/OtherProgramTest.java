package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the commands say when they meet something else than a broker. */
class OtherProgramTest {
  private static final byte[] HTTP =
      "HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nhello"
          .getBytes(StandardCharsets.US_ASCII);

  /** Answers each connection with some bytes; without any, closes it. One at a time. */
  private static final class Program implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

    Program(byte[] answer) throws IOException {
      Thread thread = new Thread(() -> serve(answer), "other-program");
      thread.setDaemon(true);
      thread.start();
    }

    private void serve(byte[] answer) {
      while (!listener.isClosed()) {
        try (Socket socket = listener.accept();
            OutputStream out = socket.getOutputStream()) {
          int first = socket.getInputStream().read();
          if (first == -1) {
            continue; // A connection that the client gave up before it was made use of.
          }
          assertThat(first).isEqualTo('P');
          out.write(answer);
          out.flush();
          if (answer.length > 0) {
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
          }
        } catch (IOException e) {
          // The client or this program has closed.
        }
      }
    }

    String run(Function<String, CommandLineRun> command) {
      CommandLineRun run = command.apply("127.0.0.1:" + listener.getLocalPort());
      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.out()).isEmpty();
      assertThat(run.err()).doesNotContain("\tat ").doesNotContain("unexpected");
      return run.err().replace("" + listener.getLocalPort(), "PORT");
    }

    @Override
    public void close() throws IOException {
      listener.close();
    }
  }

  private static Function<String, CommandLineRun> command(String line) {
    return address -> CommandLineRun.of((line + " --bootstrap " + address).split(" "));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "topic create t",
        "topic list",
        "topic describe t",
        "topic alter t --partitions 2",
        "topic delete t",
        "topic delete-records t -p 0 --before-offset end",
        "produce t",
        "consume t",
        "consume t --follow",
      })
  void saysThatAWebServerIsNoBroker(String line) throws IOException {
    try (Program web = new Program(HTTP)) {
      assertThat(web.run(command(line)))
          .isEqualTo(
              """
              millrace: no broker answers: 127.0.0.1:PORT does not speak gRPC: another program \
              may have that port
                start one:     millrace dev
                name another:  --bootstrap HOST:PORT (or the variable MILLRACE_BOOTSTRAP)
              """);
    }
  }

  @Test
  void saysThatTheConnectionIsClosed() throws IOException {
    try (Program web = new Program(HTTP);
        Program closing = new Program(new byte[0])) {
      // The classes are loaded by now: the next one is not to spend its time on that.
      web.run(command("topic list"));
      assertThat(closing.run(command("topic list --timeout 300ms")))
          .isEqualTo(
              """
              millrace: 127.0.0.1:PORT closed the connection [UNAVAILABLE]
                try again; --timeout gives it longer
              """);
    }
  }
}
