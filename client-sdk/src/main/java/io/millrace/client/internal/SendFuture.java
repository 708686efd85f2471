package io.millrace.client.internal;

import io.millrace.client.api.RecordMetadata;
import io.millrace.client.api.SendCallback;
import io.millrace.common.MillraceException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The callback that is a future: one object serves as both. Thread-safe. */
final class SendFuture extends CompletableFuture<RecordMetadata> implements SendCallback {
  @Override
  public void completed(@Nullable RecordMetadata metadata, @Nullable MillraceException error) {
    if (error != null) {
      completeExceptionally(error);
    } else {
      complete(metadata);
    }
  }

  /** What hangs on it is an ordinary future. */
  @Override
  public <U> CompletableFuture<U> newIncompleteFuture() {
    return new CompletableFuture<>();
  }
}
