package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.proto.internal.v1.AppendRecordsRequest;
import io.millrace.proto.internal.v1.AppendRecordsResponse;
import io.millrace.proto.internal.v1.RequestContext;
import org.junit.jupiter.api.Test;

/** What is refused of other brokers before anything of the request is looked at. */
class ForwardingApiTest {
  private static final int BROKER = 1;

  private final FakePartitions partitions = new FakePartitions();
  private final ForwardingEndpoint endpoint = new ForwardingEndpoint(BROKER);
  private final Recorder<AppendRecordsRequest, AppendRecordsResponse> call = new Recorder<>();

  @Test
  void requestsBeforeTheNodeHasBegunAreRefused() {
    refused(context("c", 1), BROKER, "the broker has not begun");
  }

  /** Nobody passes on what was passed on: so nothing can go round in circles. */
  @Test
  void whatWasPassedOnBeforeIsRefused() {
    endpoint.begin("c", partitions.produceDeps(), partitions.fetchDeps());
    refused(context("c", 2), BROKER, "hops: 2 (expected: 1)");
    refused(context("c", 0), BROKER, "hops: 0 (expected: 1)");
  }

  @Test
  void requestsOfAnotherClusterOrForAnotherBrokerAreRefused() {
    endpoint.begin("c", partitions.produceDeps(), partitions.fetchDeps());
    refused(context("d", 1), BROKER, "cluster_id: d (expected: c)");
    refused(context("c", 1), 2, "broker_id: 2 (expected: 1)");
  }

  private void refused(RequestContext.Builder context, int broker, String why) {
    AppendRecordsRequest request =
        AppendRecordsRequest.newBuilder().setContext(context).setBrokerId(broker).build();
    assertThatThrownBy(() -> endpoint.appendRecords(request, call)).hasMessageContaining(why);
  }

  private static RequestContext.Builder context(String clusterId, int hops) {
    return RequestContext.newBuilder().setClusterId(clusterId).setHops(hops);
  }
}
