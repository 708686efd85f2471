package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
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
    refused(context("c", 1), BROKER, ErrorCode.UNAVAILABLE, "the broker has not begun");
  }

  /** Nobody passes on what was passed on: so nothing can go round in circles. */
  @Test
  void whatWasPassedOnBeforeIsRefused() {
    endpoint.begin("c", partitions.produceDeps(), partitions.fetchDeps());
    refused(context("c", 2), BROKER, ErrorCode.INVALID_REQUEST, "hops: 2 (expected: 1)");
    refused(context("c", 0), BROKER, ErrorCode.INVALID_REQUEST, "hops: 0 (expected: 1)");
  }

  /** The client's request is not at fault: another broker has the address by now. */
  @Test
  void forWhoeverIsMeantInsteadTheBrokerIsAway() {
    endpoint.begin("c", partitions.produceDeps(), partitions.fetchDeps());
    refused(context("d", 1), BROKER, ErrorCode.BROKER_NOT_AVAILABLE, "cluster_id: d (expected: c)");
    refused(context("c", 1), 2, ErrorCode.BROKER_NOT_AVAILABLE, "broker_id: 2 (expected: 1)");
  }

  private void refused(RequestContext.Builder context, int broker, ErrorCode code, String why) {
    AppendRecordsRequest request =
        AppendRecordsRequest.newBuilder().setContext(context).setBrokerId(broker).build();
    assertThatThrownBy(() -> endpoint.appendRecords(request, call))
        .hasMessageContaining(why)
        .isInstanceOfSatisfying(
            MillraceException.class, thrown -> assertThat(thrown.error().code()).isEqualTo(code));
  }

  private static RequestContext.Builder context(String clusterId, int hops) {
    return RequestContext.newBuilder().setClusterId(clusterId).setHops(hops);
  }
}
