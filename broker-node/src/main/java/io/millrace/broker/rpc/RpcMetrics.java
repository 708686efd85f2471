package io.millrace.broker.rpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.common.ErrorCode;
import io.millrace.common.time.Clock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Counts calls, bytes and failures. Thread-safe. */
public final class RpcMetrics implements ServerInterceptor {
  private final MeterRegistry registry;
  private final Clock clock;
  private final Map<CallEnd, Timer> timers = new ConcurrentHashMap<>();
  private final Map<ErrorCode, Counter> failedBatches = new ConcurrentHashMap<>();
  private final AtomicInteger activeCalls = new AtomicInteger();
  private final AtomicInteger activeStreams = new AtomicInteger();
  private final Counter producedBytes;
  private final Counter producedBatches;
  private final Counter fetchedBytes;
  private final Counter followerBytes;
  private final Counter redirects;

  private record CallEnd(String method, Status.Code code) {}

  public RpcMetrics(MeterRegistry registry, Clock clock) {
    this.registry = registry;
    this.clock = clock;
    registry.gauge("millrace.rpc.calls.active", activeCalls);
    registry.gauge("millrace.rpc.streams.active", activeStreams);
    this.producedBytes =
        Counter.builder("millrace.produce.bytes")
            .baseUnit("bytes")
            .description("Bytes of record batches that were handed to partitions")
            .register(registry);
    this.producedBatches =
        Counter.builder("millrace.produce.batches")
            .description("Record batches that were handed to partitions")
            .register(registry);
    this.fetchedBytes =
        Counter.builder("millrace.fetch.bytes")
            .baseUnit("bytes")
            .description("Bytes of record batches that were sent to readers")
            .register(registry);
    this.followerBytes =
        Counter.builder("millrace.fetch.follower.bytes")
            .baseUnit("bytes")
            .description("Those of millrace.fetch.bytes that came from replicas that do not lead")
            .register(registry);
    this.redirects =
        Counter.builder("millrace.fetch.redirects")
            .description("How often a leader sent a reader to a replica in its rack")
            .register(registry);
  }

  void produced(int bytes) {
    producedBatches.increment();
    producedBytes.increment(bytes);
  }

  void fetched(int bytes, boolean fromLeader) {
    fetchedBytes.increment(bytes);
    if (!fromLeader) {
      followerBytes.increment(bytes);
    }
  }

  /** A reader was told of a better replica. */
  void redirected() {
    redirects.increment();
  }

  /** Counts a batch that was refused or failed, whether or not its producer waits for an answer. */
  void batchFailed(ErrorCode code) {
    failedBatches
        .computeIfAbsent(
            code,
            c ->
                Counter.builder("millrace.produce.failed.batches")
                    .description("Record batches that did not reach their acks")
                    .tag("code", c.name())
                    .register(registry))
        .increment();
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    MethodDescriptor<Q, A> method = call.getMethodDescriptor();
    AtomicInteger active =
        method.getType() == MethodDescriptor.MethodType.UNARY ? activeCalls : activeStreams;
    long begin = clock.monotonicNanos();
    AtomicBoolean ended = new AtomicBoolean();
    Consumer<Status.Code> end =
        code -> {
          if (ended.compareAndSet(false, true)) {
            active.decrementAndGet();
            ended(method.getFullMethodName(), code, clock.monotonicNanos() - begin);
          }
        };
    active.incrementAndGet();
    ServerCall<Q, A> counted =
        new SimpleForwardingServerCall<>(call) {
          @Override
          public void close(Status status, Metadata trailers) {
            end.accept(status.getCode());
            super.close(status, trailers);
          }
        };
    return new SimpleForwardingServerCallListener<>(next.startCall(counted, headers)) {
      @Override
      public void onCancel() {
        end.accept(Status.Code.CANCELLED);
        super.onCancel();
      }
    };
  }

  private void ended(String method, Status.Code code, long nanos) {
    timers
        .computeIfAbsent(
            new CallEnd(method, code),
            end ->
                Timer.builder("millrace.rpc.calls")
                    .description("Calls by method and status; streams count when they end")
                    .tag("method", end.method())
                    .tag("code", end.code().name())
                    .register(registry))
        .record(nanos, TimeUnit.NANOSECONDS);
  }
}
