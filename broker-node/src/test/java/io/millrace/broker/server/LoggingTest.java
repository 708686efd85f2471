package io.millrace.broker.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;
import io.millrace.broker.server.LoggingSettings.LogFormat;
import io.millrace.common.config.EffectiveConfig;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.ratis.grpc.server.GrpcLogAppender;
import org.apache.ratis.server.RaftServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lines as they stand on standard error. */
class LoggingTest {
  private static final Logger log = LoggerFactory.getLogger("io.millrace.example.Part");

  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
  private final PrintStream stderr = System.err;

  @BeforeEach
  void divert() {
    System.setErr(new PrintStream(lines, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void restore() {
    System.setErr(stderr);
    LoggerContext context = LoggerContext.getContext(false);
    context.setConfigLocation(null);
    context.reconfigure();
  }

  @Test
  void aLineOfJsonHasTheFieldsOfTheElasticCommonSchema() throws Exception {
    configure(LogFormat.JSON);
    log.warn("[orders-3] said \"{}\"", "ü\n", new IllegalStateException("broken"));
    log.debug("not shown");
    List<String> written = lines.toString(StandardCharsets.UTF_8).lines().toList();
    assertThat(written).hasSize(1);
    Struct.Builder line = Struct.newBuilder();
    JsonFormat.parser().merge(written.get(0), line);
    assertThat(field(line, "log.level")).isEqualTo("WARN");
    assertThat(field(line, "message")).isEqualTo("[orders-3] said \"ü\n\"");
    assertThat(field(line, "log.logger")).isEqualTo("io.millrace.example.Part");
    assertThat(field(line, "process.thread.name")).isEqualTo(Thread.currentThread().getName());
    assertThat(field(line, "error.type")).isEqualTo(IllegalStateException.class.getName());
    assertThat(field(line, "error.message")).isEqualTo("broken");
    assertThat(field(line, "error.stack_trace")).contains("LoggingTest");
    assertThat(Instant.parse(field(line, "@timestamp"))).isAfter(Instant.EPOCH);
  }

  @Test
  void aLineOfTextHasTimeLevelThreadClassAndMessage() {
    configure(LogFormat.TEXT);
    log.info("[orders-3] created");
    assertThat(lines.toString(StandardCharsets.UTF_8))
        .matches(
            "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}\\S+ INFO  \\["
                + Thread.currentThread().getName()
                + "\\] Part \\[orders-3\\] created\n");
  }

  @Test
  void attemptsToReachAVoterThatIsAwayAreNotLogged() {
    configure(LogFormat.TEXT);
    LoggerFactory.getLogger(GrpcLogAppender.class).warn("Failed appendEntries");
    LoggerFactory.getLogger(RaftServer.class).warn("of use");
    assertThat(lines.toString(StandardCharsets.UTF_8)).contains("of use").doesNotContain("Failed");
  }

  private static void configure(LogFormat format) {
    EffectiveConfig config =
        TestNode.settings(Path.of("unused")).set(LoggingSettings.LOGGING_FORMAT, format).build();
    Logging.configure(config);
  }

  private static String field(Struct.Builder line, String name) {
    assertThat(line.getFieldsMap()).containsKey(name);
    return line.getFieldsOrThrow(name).getStringValue();
  }
}
