package io.millrace.client.api;

import java.time.Duration;
import java.util.List;

/**
 * How a client reaches the cluster. Times above a hundred years count as that, {@code
 * connectTimeout} above 24 days as those.
 *
 * @param bootstrap tried in turn until one answers; the other brokers are learnt from it
 * @param clientId names this client in the brokers' logs
 * @param requestTimeout the longest one call of the admin client or one metadata look-up may take,
 *     its retries included
 * @param connectTimeout the longest one attempt to open a connection may take
 * @param bootstrapPatience how long to go on trying while no broker has ever been reached and every
 *     address refuses; zero to fail at the first round. A client that has reached a broker once
 *     goes on until the call's own time-out, so that a restart is ridden out.
 * @param retryBackoff the pause before the first retry; doubles up to {@code maxRetryBackoff}
 * @param maxRetryBackoff the longest pause between two retries; who waits for a partition's next
 *     leader never pauses for longer than four times {@code retryBackoff}
 * @param maxMessageBytes the largest message accepted from a broker
 */
public record ClientConfig(
    List<BrokerAddress> bootstrap,
    String clientId,
    Duration requestTimeout,
    Duration connectTimeout,
    Duration bootstrapPatience,
    Duration retryBackoff,
    Duration maxRetryBackoff,
    int maxMessageBytes) {
  public ClientConfig {
    bootstrap = List.copyOf(bootstrap);
    if (bootstrap.isEmpty()) {
      throw new IllegalArgumentException("bootstrap is empty (expected: at least one HOST:PORT)");
    }
    ConfigChecks.positive("requestTimeout", requestTimeout);
    ConfigChecks.positive("connectTimeout", connectTimeout);
    ConfigChecks.notNegative("bootstrapPatience", bootstrapPatience);
    ConfigChecks.positive("retryBackoff", retryBackoff);
    ConfigChecks.positive("maxRetryBackoff", maxRetryBackoff);
    requestTimeout = ConfigChecks.bounded(requestTimeout);
    connectTimeout = ConfigChecks.boundedTo32Bits(connectTimeout);
    bootstrapPatience = ConfigChecks.bounded(bootstrapPatience);
    retryBackoff = ConfigChecks.bounded(retryBackoff);
    maxRetryBackoff = ConfigChecks.bounded(maxRetryBackoff);
    ConfigChecks.atLeast("maxMessageBytes", maxMessageBytes, 64 << 10);
  }

  /** The defaults, for one broker. */
  public static ClientConfig of(String bootstrap) {
    return builder().bootstrap(BrokerAddress.parseList(bootstrap)).build();
  }

  /** A builder with the defaults: one broker at 127.0.0.1:9650, 30 s for a request. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects the settings; confined to one thread. */
  public static final class Builder {
    private List<BrokerAddress> bootstrap =
        List.of(new BrokerAddress("127.0.0.1", BrokerAddress.DEFAULT_PORT));
    private String clientId = "millrace-java";
    private Duration requestTimeout = Duration.ofSeconds(30);
    private Duration connectTimeout = Duration.ofSeconds(5);
    private Duration bootstrapPatience = Duration.ZERO;
    private Duration retryBackoff = Duration.ofMillis(50);
    private Duration maxRetryBackoff = Duration.ofSeconds(1);
    private int maxMessageBytes = 64 << 20;

    private Builder() {}

    /** See {@link ClientConfig#bootstrap()}. */
    public Builder bootstrap(List<BrokerAddress> addresses) {
      this.bootstrap = addresses;
      return this;
    }

    /** See {@link ClientConfig#clientId()}. */
    public Builder clientId(String id) {
      this.clientId = id;
      return this;
    }

    /** See {@link ClientConfig#requestTimeout()}. */
    public Builder requestTimeout(Duration timeout) {
      this.requestTimeout = timeout;
      return this;
    }

    /** See {@link ClientConfig#connectTimeout()}. */
    public Builder connectTimeout(Duration timeout) {
      this.connectTimeout = timeout;
      return this;
    }

    /** See {@link ClientConfig#bootstrapPatience()}. */
    public Builder bootstrapPatience(Duration patience) {
      this.bootstrapPatience = patience;
      return this;
    }

    /** See {@link ClientConfig#retryBackoff()} and {@link ClientConfig#maxRetryBackoff()}. */
    public Builder retryBackoff(Duration first, Duration longest) {
      this.retryBackoff = first;
      this.maxRetryBackoff = longest;
      return this;
    }

    /** See {@link ClientConfig#maxMessageBytes()}. */
    public Builder maxMessageBytes(int bytes) {
      this.maxMessageBytes = bytes;
      return this;
    }

    /**
     * The settings as a value.
     *
     * @throws IllegalArgumentException if one of them is out of bounds
     */
    public ClientConfig build() {
      return new ClientConfig(
          bootstrap,
          clientId,
          requestTimeout,
          connectTimeout,
          bootstrapPatience,
          retryBackoff,
          maxRetryBackoff,
          maxMessageBytes);
    }
  }
}
