package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.proto.v1.Error;
import io.millrace.proto.v1.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who a producer is, when partitions lose their identities at different times (S28). */
@Timeout(60)
class ProducerIdentityTest extends FakeBrokerTest {
  private final Producer producer =
      client.producer(ProducerConfig.builder().linger(Duration.ofMillis(50)).build());

  ProducerIdentityTest() {
    super(3);
  }

  private CompletableFuture<RecordMetadata> send(int partition, String value) {
    return producer.send(
        ProducerRecord.of(FakeBroker.TOPIC, value.getBytes(StandardCharsets.UTF_8))
            .toPartition(partition));
  }

  /** Ends the pipe of a partition, and with it the identity of new ones. */
  private void endPipe(int partition) {
    broker.refuseNext(ErrorCode.ERROR_CODE_INVALID_PRODUCER_EPOCH, 1);
    assertThatThrownBy(send(partition, "refused")::join)
        .hasMessageContaining("INVALID_PRODUCER_EPOCH");
  }

  @Test
  void S28_partitionsThatAreWellDoNotFailForWantOfAnIdentity() {
    send(0, "before").join();
    send(1, "before").join();
    endPipe(0);
    broker.refusesIdentities = true;
    assertThat(send(1, "alone").join().offset()).isEqualTo(1);
    CompletableFuture<RecordMetadata> without = send(0, "without an identity");
    assertThat(send(1, "beside").join().offset()).isEqualTo(2);
    assertThatThrownBy(without::join).hasMessageContaining("no identity");
    assertThat(broker.values(0)).containsExactly("before");
  }

  @Test
  void S28_aLateGrantDoesNotBringBackAnIdentityThatWasGivenUp() {
    send(0, "before").join();
    send(1, "before").join();
    broker.holdsIdentities = true;
    loseInDoubt(0, 1);
    loseInDoubt(1, 2);
    broker.releaseIdentity();
    send(0, "under the next epoch").join();
    endPipe(0);
    CompletableFuture<RecordMetadata> waiting = send(1, "after");
    broker.releaseIdentity();
    waiting.join();
    broker.holdsIdentities = false;
    send(0, "after").join();
    assertThat(broker.values(0)).containsExactly("before", "under the next epoch", "after");
    assertThat(broker.values(1)).containsExactly("before", "after");
  }

  /** A batch is refused in a way that leaves it in doubt: the partition needs another epoch. */
  private void loseInDoubt(int partition, int asking) {
    broker.refusals.add(Error.newBuilder().setCodeValue(9_999).build());
    assertThatThrownBy(send(partition, "lost")::join).hasMessageContaining("INTERNAL");
    Awaitility.await().until(() -> broker.heldIdentities() == asking);
  }
}
