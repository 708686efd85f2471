package io.millrace.broker.server;

import io.millrace.common.time.Scheduler;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The first step of an orderly end: other brokers take over what this one leads, and then its
 * clients are answered a little longer, so that whoever sends or reads is told who leads now.
 * Without anyone to tell it the end goes on at once. Immutable.
 */
final class HandOver {
  /** How long clients are answered then. */
  static final long REDIRECT_MS = 200;

  private final Supplier<CompletableFuture<Boolean>> takeOver;
  private final BooleanSupplier leads;
  private final BooleanSupplier clients;
  private final Scheduler scheduler;

  /**
   * Makes it.
   *
   * @param takeOver has others take over; says whether there was anyone
   * @param leads whether this broker leads a partition
   * @param clients whether a client is connected
   */
  HandOver(
      Supplier<CompletableFuture<Boolean>> takeOver,
      BooleanSupplier leads,
      BooleanSupplier clients,
      Scheduler scheduler) {
    this.takeOver = takeOver;
    this.leads = leads;
    this.clients = clients;
    this.scheduler = scheduler;
  }

  /**
   * Begins.
   *
   * @return done when the end may go on; perhaps never, without a controller
   */
  CompletableFuture<Void> begin() {
    boolean led = leads.getAsBoolean();
    return takeOver
        .get()
        .thenCompose(
            others ->
                others && led && clients.getAsBoolean()
                    ? redirected()
                    : CompletableFuture.completedFuture(null));
  }

  private CompletableFuture<Void> redirected() {
    CompletableFuture<Void> redirected = new CompletableFuture<>();
    scheduler.schedule(REDIRECT_MS, () -> redirected.complete(null));
    return redirected;
  }
}
