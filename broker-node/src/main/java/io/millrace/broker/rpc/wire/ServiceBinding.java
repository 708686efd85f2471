package io.millrace.broker.rpc.wire;

import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ServerCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Generated services with some of their methods on other marshallers. */
public final class ServiceBinding {
  private ServiceBinding() {}

  /**
   * A bidirectional method on other types.
   *
   * @param generated the method as generated; name, type and schema stay
   * @param handler told of each call
   */
  public static <Q, A> ServerMethodDefinition<Q, A> bidirectional(
      MethodDescriptor<?, ?> generated,
      MethodDescriptor.Marshaller<Q> requests,
      MethodDescriptor.Marshaller<A> responses,
      ServerCalls.BidiStreamingMethod<Q, A> handler) {
    return ServerMethodDefinition.create(
        generated.toBuilder(requests, responses).build(),
        ServerCalls.asyncBidiStreamingCall(handler));
  }

  /** The service with one method in the place of the one of the same name. */
  public static ServerServiceDefinition replace(
      ServerServiceDefinition service, ServerMethodDefinition<?, ?> method) {
    String name = method.getMethodDescriptor().getFullMethodName();
    if (service.getMethod(name) == null) {
      throw new IllegalArgumentException(
          "method: " + name + " (expected: one of " + service.getServiceDescriptor() + ")");
    }
    return each(
        service,
        generated ->
            generated.getMethodDescriptor().getFullMethodName().equals(name) ? method : generated);
  }

  /** The service with another method in the place of each, of the same name; its schema stays. */
  public static ServerServiceDefinition each(
      ServerServiceDefinition service,
      Function<ServerMethodDefinition<?, ?>, ServerMethodDefinition<?, ?>> substitute) {
    List<ServerMethodDefinition<?, ?>> methods = new ArrayList<>();
    ServiceDescriptor.Builder descriptor =
        ServiceDescriptor.newBuilder(service.getServiceDescriptor().getName())
            .setSchemaDescriptor(service.getServiceDescriptor().getSchemaDescriptor());
    for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
      ServerMethodDefinition<?, ?> bound = substitute.apply(method);
      methods.add(bound);
      descriptor.addMethod(bound.getMethodDescriptor());
    }
    ServerServiceDefinition.Builder builder = ServerServiceDefinition.builder(descriptor.build());
    methods.forEach(builder::addMethod);
    return builder.build();
  }
}
