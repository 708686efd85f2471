package io.millrace.broker.replica;

import io.millrace.common.MillraceException;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.metadata.image.ConfigsImage;
import io.millrace.metadata.image.MetadataImage;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This broker's settings in force: those of its file, and over them what is set through the
 * cluster. Thread-safe.
 */
public final class BrokerDefaults {
  private static final Logger LOG = LoggerFactory.getLogger(BrokerDefaults.class);

  private final int brokerId;
  private final EffectiveConfig own;

  /** The last ones: most images change none of them. */
  private volatile Optional<Known> last = Optional.empty();

  private record Known(ConfigsImage configs, EffectiveConfig inForce) {}

  /**
   * The settings of a broker.
   *
   * @param own what its file, environment and flags say
   */
  public BrokerDefaults(int brokerId, EffectiveConfig own) {
    this.brokerId = brokerId;
    this.own = own;
  }

  /** The broker's node id. */
  public int brokerId() {
    return brokerId;
  }

  /** What the file, the environment and the flags say. */
  public EffectiveConfig own() {
    return own;
  }

  /** The settings as an image says. */
  public EffectiveConfig in(MetadataImage image) {
    ConfigsImage configs = image.configs();
    Optional<Known> known = last;
    if (known.isPresent() && known.get().configs().equals(configs)) {
      return known.get().inForce();
    }
    EffectiveConfig inForce = inForce(configs);
    last = Optional.of(new Known(configs, inForce));
    return inForce;
  }

  private EffectiveConfig inForce(ConfigsImage configs) {
    try {
      return configs.effective(brokerId, own);
    } catch (MillraceException e) {
      // The controller has checked it; another release may have.
      LOG.error(
          "[broker {}] what is set through the cluster is not understood, the file holds",
          brokerId,
          e);
      return own;
    }
  }
}
