package io.millrace.broker.replica;

import io.millrace.common.config.NotUnderstood;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says of each setting that this release does not understand that it is ignored, once. The
 * controller has checked it; that of another release may have. Thread-safe.
 */
final class IgnoredSettings {
  private static final Logger LOG = LoggerFactory.getLogger(IgnoredSettings.class);

  /** Of more nothing is said. */
  private static final int MOST = 1_000;

  private final int brokerId;
  private final Set<String> said = ConcurrentHashMap.newKeySet();

  IgnoredSettings(int brokerId) {
    this.brokerId = brokerId;
  }

  /** Listens for the settings of a topic, or of the cluster and its brokers. */
  NotUnderstood of(String whose) {
    return (name, why) -> {
      if (said.size() < MOST && said.add(whose + "/" + name)) {
        LOG.warn("[broker {}] {} of {} is ignored: {}", brokerId, name, whose, why.message());
      }
    };
  }
}
