package io.millrace.broker.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.time.VirtualTime;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class HandOverTest {
  private final VirtualTime time = new VirtualTime();
  private final CompletableFuture<Boolean> othersLead = new CompletableFuture<>();
  private boolean leads = true;
  private boolean clients = true;

  private CompletableFuture<Void> begin() {
    return new HandOver(
            () -> {
              CompletableFuture<Boolean> taken = othersLead;
              leads = false;
              return taken;
            },
            () -> leads,
            () -> clients,
            time)
        .begin();
  }

  @Test
  void clientsAreToldForAWhileWhoLeadsNow() {
    CompletableFuture<Void> done = begin();
    time.advance(60_000);
    assertThat(done).as("others have not taken over yet").isNotDone();

    othersLead.complete(true);
    time.advance(HandOver.REDIRECT_MS - 1);
    assertThat(done).isNotDone();
    time.advance(1);
    assertThat(done).isCompleted();
  }

  @Test
  void nothingIsWaitedForWhereNobodyTakesOver() {
    CompletableFuture<Void> done = begin();
    othersLead.complete(false);
    assertThat(done).isCompleted();
  }

  @Test
  void nothingIsWaitedForWhereNoClientIsConnected() {
    clients = false;
    CompletableFuture<Void> done = begin();
    othersLead.complete(true);
    assertThat(done).isCompleted();
  }

  @Test
  void nothingIsWaitedForByABrokerThatLedNothing() {
    leads = false;
    CompletableFuture<Void> done = begin();
    othersLead.complete(true);
    assertThat(done).isCompleted();
  }
}
