package io.millrace.bench.kafka;

import io.millrace.bench.kafka.load.Fields;
import io.millrace.bench.kafka.load.LoadMain;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The load program of one side in a process of its own; ended when it is closed. Confined to one
 * thread, one command at a time.
 */
final class ClientProcess implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 5;

  private final Process process;
  private final BufferedWriter input;
  private final BufferedReader output;

  private ClientProcess(Process process) {
    this.process = process;
    this.input = process.outputWriter(StandardCharsets.UTF_8);
    this.output = process.inputReader(StandardCharsets.UTF_8);
  }

  static ClientProcess start(ProcessBuilder builder) throws IOException {
    return new ClientProcess(builder.start());
  }

  Process process() {
    return process;
  }

  /** Sends a command; its answer comes later. */
  CompletableFuture<Fields> begin(Fields command) throws IOException {
    input.write(command.line());
    input.newLine();
    input.flush();
    return CompletableFuture.supplyAsync(this::answer);
  }

  private Fields answer() {
    try {
      String line = output.readLine();
      while (line != null && !line.startsWith(LoadMain.ANSWER) && !isFailure(line)) {
        line = output.readLine(); // A profiler says what it does.
      }
      if (line == null) {
        throw new IOException("the client process has ended");
      }
      if (!isFailure(line)) {
        return Fields.parse(line.substring(LoadMain.ANSWER.length()));
      }
      throw new IOException(line);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isFailure(String line) {
    return line.startsWith(LoadMain.FAILURE);
  }

  /**
   * Sends a command and waits for its answer.
   *
   * @throws IOException if it failed or took too long
   */
  Fields ask(Fields command, Duration atMost) throws IOException, InterruptedException {
    return await(begin(command), atMost);
  }

  /** Waits for an answer; a process that owes one for too long is ended. */
  Fields await(CompletableFuture<Fields> answer, Duration atMost)
      throws IOException, InterruptedException {
    try {
      return answer.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      process.destroyForcibly();
      throw new IOException("no answer after " + atMost.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      throw new IOException(String.valueOf(e.getCause()), e);
    }
  }

  /** The end of its input is the end of the process; SIGTERM for one that goes on. */
  @Override
  public void close() {
    try {
      input.close();
      process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (IOException alreadyEnded) {
      // The pipe is broken: nothing to be told.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Node.end(process);
  }
}
