package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.BrokerRegistration;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.proto.v1.Broker;
import io.millrace.proto.v1.BrokerState;
import io.millrace.proto.v1.ListBrokersRequest;
import io.millrace.proto.v1.ListBrokersResponse;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.pcollections.TreePMap;

class BrokerViewsTest {
  private final MetadataImage image =
      image(
          io.millrace.metadata.image.BrokerState.ACTIVE,
          io.millrace.metadata.image.BrokerState.FENCED,
          io.millrace.metadata.image.BrokerState.IN_CONTROLLED_SHUTDOWN);

  @Test
  void tellsOfEachBrokerByNodeIdWithItsState() {
    ListBrokersResponse answer = list(0, "");
    assertThat(answer.getBrokersList())
        .extracting(Broker::getState)
        .containsExactly(
            BrokerState.BROKER_STATE_ACTIVE,
            BrokerState.BROKER_STATE_FENCED,
            BrokerState.BROKER_STATE_IN_CONTROLLED_SHUTDOWN);
    assertThat(answer.getControllerId()).isEqualTo(2);
    assertThat(answer.getRevision()).isEqualTo(5);
    assertThat(answer.getNextPageToken()).isEmpty();
    Broker third = answer.getBrokers(2);
    assertThat(third.getHost() + ":" + third.getPort()).isEqualTo("h3:9650");
    assertThat(third.getInternalHost() + ":" + third.getInternalPort()).isEqualTo("h3:9651");
    assertThat(third.getBrokerEpoch()).isEqualTo(13);
    assertThat(third.getLogDirIdsList()).hasSize(1);
  }

  @Test
  void pagesGoOnAfterTheLastBroker() {
    ListBrokersResponse first = list(2, "");
    assertThat(first.getBrokersList()).extracting(Broker::getNodeId).containsExactly(1, 2);
    ListBrokersResponse second = list(2, first.getNextPageToken());
    assertThat(second.getBrokersList()).extracting(Broker::getNodeId).containsExactly(3);
    assertThat(second.getNextPageToken()).isEmpty();
  }

  @Test
  void refusesPagesThatAreNone() {
    assertThatThrownBy(() -> list(-1, "")).hasMessageContaining("page_size: -1");
    assertThatThrownBy(() -> list(0, "x")).hasMessageContaining("page_token: x");
    assertThatThrownBy(() -> list(0, Pages.token("name"))).hasMessageContaining("page_token: ");
  }

  private ListBrokersResponse list(int size, String token) {
    return BrokerViews.page(
        image, 2, ListBrokersRequest.newBuilder().setPageSize(size).setPageToken(token).build());
  }

  private static MetadataImage image(io.millrace.metadata.image.BrokerState... states) {
    TreePMap<Integer, BrokerImage> all = TreePMap.empty();
    for (int id = 1; id <= states.length; id++) {
      all =
          all.plus(
              id,
              new BrokerImage(
                  id,
                  new BrokerRegistration(10 + id, new UUID(id, 1), List.of(new UUID(id, 2))),
                  new Endpoint("h" + id, 9650),
                  Optional.of(new Endpoint("h" + id, 9651)),
                  "",
                  FeatureRange.SUPPORTED,
                  states[id - 1]));
    }
    return MetadataImage.EMPTY.withBrokers(all).withRevision(5);
  }
}
