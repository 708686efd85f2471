package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.millrace.broker.server.LimitSettings;
import io.millrace.broker.server.TestNode;
import io.millrace.common.ErrorCode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that can't be parsed, on every service of the port. */
class MalformedRequestTest {
  private static final int MAX_MESSAGE = 256 << 10;

  @TempDir static Path data;

  private static TestNode node;
  private static Api api;
  private static ByteString topic;

  @BeforeAll
  static void start() {
    node =
        TestNode.start(
            data,
            new SlowDisk().store,
            settings -> settings.set(LimitSettings.RPC_MAX_MESSAGE_BYTES, MAX_MESSAGE));
    api = new Api(node.channel());
    topic = api.topic("witness");
  }

  @AfterAll
  static void stop() throws InterruptedException {
    node.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "millrace.v1.ProducerService/Produce",
        "millrace.v1.ProducerService/ProduceStream",
        "millrace.v1.ProducerService/Publish",
        "millrace.v1.FetchService/Fetch",
        "millrace.v1.FetchService/FetchStream",
        "millrace.v1.SubscriptionService/Tail",
        "millrace.v1.TopicService/CreateTopic",
        "grpc.health.v1.Health/Check",
        "grpc.health.v1.Health/Watch",
        "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        "grpc.channelz.v1.Channelz/GetServers"
      })
  void aMessageThatIsNoProtobufFailsItsCallAloneAndFillsNoLog(String method) {
    byte[] fieldWithoutEnd = {0x0a, -1, -1, -1};
    try (LogLines lines = LogLines.ofAll()) {
      Api.refusal(
          ErrorCode.INVALID_REQUEST,
          Status.Code.INVALID_ARGUMENT,
          failure(method, CallOptions.DEFAULT, fieldWithoutEnd));
      assertThat(lines.lines).noneMatch(line -> line.matches("(?s)(WARN|ERROR|FATAL) .*"));
    }
    assertThat(api.produce(topic, Api.batch("a")).hasError()).isFalse();
  }

  @Test
  void aCompressedMessageThatUnpacksToMoreThanTheBoundIsRefusedAndFillsNoLog() {
    try (LogLines lines = LogLines.ofAll()) {
      Throwable thrown =
          failure(
              "millrace.v1.ProducerService/Produce",
              CallOptions.DEFAULT.withCompression("gzip"),
              withUnknownField(2 * MAX_MESSAGE));
      assertThat(Status.fromThrowable(thrown).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(lines.lines).noneMatch(line -> line.matches("(?s)(WARN|ERROR|FATAL) .*"));
    }
  }

  private static byte[] withUnknownField(int bytes) {
    UnknownFieldSet.Field field =
        UnknownFieldSet.Field.newBuilder()
            .addLengthDelimited(ByteString.copyFrom(new byte[bytes]))
            .build();
    return UnknownFieldSet.newBuilder().addField(1_000, field).build().toByteArray();
  }

  private static Throwable failure(String name, CallOptions options, byte[] request) {
    MethodDescriptor<byte[], byte[]> method =
        MethodDescriptor.newBuilder(new Bytes(), new Bytes())
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(name)
            .build();
    return catchThrowable(
        () -> ClientCalls.blockingUnaryCall(node.channel(), method, options, request));
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }
}
