package io.millrace.broker.server;

import io.millrace.broker.log.dir.DataDir;
import io.millrace.broker.log.dir.DataDirState;
import io.millrace.broker.metadata.BrokerSession;
import io.millrace.broker.replica.PossibleLoss;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.metadata.controller.BrokerStart;
import io.millrace.metadata.controller.Command.RegisterBroker;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.FeatureRange;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this process registers with. Immutable, but for the directories that fail.
 *
 * @param internal where other nodes reach it
 * @param onlyProcess whether the locks of its directories tell that no earlier process lives: where
 *     the node is its cluster's only voter
 * @param loss what this start may lack
 */
record ProcessRegistration(
    EffectiveConfig config,
    NodeState state,
    Endpoint client,
    Endpoint internal,
    boolean onlyProcess,
    PossibleLoss loss) {
  private static final Logger log = LoggerFactory.getLogger(ProcessRegistration.class);

  ProcessRegistration {
    if (!loss.isNone()) {
      log.warn(
          "[broker {}] records that were acknowledged may be lost, as the machine was booted since"
              + " this node ended, or logs are damaged; the controller is told: all replicas in the"
              + " directories {}; of others {}",
          config.get(NodeSettings.NODE_ID),
          loss.directories(),
          loss.replicas());
    }
  }

  /** The registration as of now. What may be lost is told once: by the next it is known. */
  RegisterBroker now() {
    PossibleLoss toTell =
        state.session().epoch() == BrokerSession.NOT_REGISTERED ? loss : PossibleLoss.NONE;
    List<DataDir> opened = state.dirs().directories();
    List<UUID> online =
        opened.stream()
            .filter(dir -> dir.state() == DataDirState.ONLINE)
            .map(DataDir::directoryId)
            .toList();
    boolean someOffline = !state.dirs().missing().isEmpty() || online.size() < opened.size();
    return new RegisterBroker(
        config.get(NodeSettings.NODE_ID),
        state.incarnationId(),
        client,
        Optional.of(internal),
        config.get(NodeSettings.RACK),
        FeatureRange.SUPPORTED,
        new BrokerStart(online, someOffline, toTell.directories(), toTell.replicas(), onlyProcess));
  }
}
