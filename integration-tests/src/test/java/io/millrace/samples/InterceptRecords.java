package io.millrace.samples;

import io.millrace.client.api.Header;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerInterceptor;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.common.MillraceException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Marks every record on its way out with where it comes from, and counts the answers. */
final class InterceptRecords implements ProducerInterceptor {
  private final byte[] origin;
  private final AtomicInteger acknowledged = new AtomicInteger();

  private InterceptRecords(String origin) {
    this.origin = origin.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public ProducerRecord onSend(ProducerRecord record) {
    List<Header> headers = new ArrayList<>(record.headers());
    headers.add(new Header("origin", origin));
    return record.withHeaders(headers);
  }

  @Override
  public void onAcknowledgement(
      ProducerRecord record, @Nullable RecordMetadata metadata, @Nullable MillraceException error) {
    if (error == null) {
      acknowledged.incrementAndGet();
    }
  }

  /** How many records were acknowledged. */
  static int run(MillraceClient client, String origin, List<ProducerRecord> records) {
    InterceptRecords interceptor = new InterceptRecords(origin);
    ProducerConfig config = ProducerConfig.builder().interceptors(List.of(interceptor)).build();
    try (Producer producer = client.producer(config)) {
      records.forEach(producer::sendAndForget);
    }
    return interceptor.acknowledged.get();
  }
}
