package io.millrace.client.internal;

import io.millrace.client.api.Admin;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.common.time.SystemClock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/** Wires the parts of a client. Thread-safe. */
public final class DefaultClient implements MillraceClient {
  private final ClusterClient cluster;
  private final MetadataCache metadata;
  private final OffsetLookup offsets;
  private final Set<StreamProducer> producers = ConcurrentHashMap.newKeySet();
  private final Set<StreamConsumer> consumers = ConcurrentHashMap.newKeySet();

  /** Runs what blocks (metadata, offsets, producer ids) for producers and consumers. */
  private final ExecutorService helper =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "millrace-client");
            thread.setDaemon(true);
            return thread;
          });

  /** Sends the signs of life of consumers to their groups; nothing blocks on it. */
  private final ScheduledThreadPoolExecutor groups =
      new ScheduledThreadPoolExecutor(
          1,
          task -> {
            Thread thread = new Thread(task, "millrace-client-groups");
            thread.setDaemon(true);
            return thread;
          });

  /** A client that has opened no connection yet. */
  public DefaultClient(ClientConfig config) {
    this.cluster = new ClusterClient(config, new SystemClock());
    this.metadata = new MetadataCache(cluster);
    this.offsets = new OffsetLookup(cluster, metadata);
    groups.setRemoveOnCancelPolicy(true);
  }

  @Override
  public ClientConfig config() {
    return cluster.config();
  }

  @Override
  public Admin admin() {
    return new GrpcAdmin(cluster, metadata, offsets);
  }

  @Override
  public Producer producer(ProducerConfig config) {
    StreamProducer producer =
        new StreamProducer(config, cluster, metadata, helper, producers::remove);
    producers.add(producer);
    return producer.start();
  }

  @Override
  public Consumer consumer(ConsumerConfig config) {
    StreamConsumer consumer =
        new StreamConsumer(
            config,
            cluster,
            metadata,
            offsets,
            new GroupMember.Threads(groups, helper),
            consumers::remove);
    consumers.add(consumer);
    return consumer;
  }

  @Override
  public void close() {
    if (producers.stream().anyMatch(StreamProducer::isInCallback)) {
      // What that producer holds can be sent only once its callback has returned.
      helper.execute(this::closeAll);
    } else {
      closeAll();
    }
  }

  private void closeAll() {
    List.copyOf(producers).forEach(StreamProducer::close);
    List.copyOf(consumers).forEach(StreamConsumer::close);
    cluster.close();
    groups.shutdownNow();
    helper.shutdownNow();
  }
}
