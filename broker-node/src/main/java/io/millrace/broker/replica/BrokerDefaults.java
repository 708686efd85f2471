package io.millrace.broker.replica;

import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.NotUnderstood;
import io.millrace.metadata.image.ConfigsImage;
import io.millrace.metadata.image.MetadataImage;
import java.util.Optional;

/**
 * This broker's settings in force: those of its file, and over them what is set through the
 * cluster. Thread-safe.
 */
public final class BrokerDefaults {
  private final int brokerId;
  private final EffectiveConfig own;
  private final NotUnderstood ignored;

  /** The last ones: most images change none of them. */
  private volatile Optional<Known> last = Optional.empty();

  private record Known(ConfigsImage configs, EffectiveConfig inForce) {}

  /**
   * The settings of a broker.
   *
   * @param own what its file, environment and flags say
   * @param ignored told of what is set through the cluster and not understood
   */
  public BrokerDefaults(int brokerId, EffectiveConfig own, NotUnderstood ignored) {
    this.brokerId = brokerId;
    this.own = own;
    this.ignored = ignored;
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
    EffectiveConfig inForce = configs.effective(brokerId, own, ignored);
    last = Optional.of(new Known(configs, inForce));
    return inForce;
  }
}
