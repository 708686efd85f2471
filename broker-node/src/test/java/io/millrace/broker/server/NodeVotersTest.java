package io.millrace.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.config.EffectiveConfig;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class NodeVotersTest {
  @Test
  void withoutASettingThisNodeIsTheOnlyOne() {
    assertThat(NodeVoters.of(config(1, "")).alone()).isTrue();
    assertThat(NodeVoters.of(config(1, "1@localhost")).alone()).isTrue();
  }

  @Test
  void othersAreAllButThisNode() {
    NodeVoters voters = NodeVoters.of(config(2, "1@localhost:1:2,2@localhost,3@localhost:3:4"));
    assertThat(voters.alone()).isFalse();
    assertThat(voters.others()).extracting(each -> each.nodeId()).containsExactly(1, 3);
    voters.requireSoundNumber();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "1; 1@localhost,2; 2: no node id before an @",
        "1; 1@localhost,2@b,2@c; are both 2",
        "1; 1@localhost,2@b,3@b; are both b:9652",
        "1; 1@localhost,2@b,2@b; is named twice",
        "1; 1@localhost:9000:9651,2@b; listener.quorum is 127.0.0.1:9652 (expected: the same port)",
        "1; 1@localhost:9652:9000,2@b; listener.internal is 127.0.0.1:9651 (expected: the same",
        "1; 1@192.0.2.1,2@b; which other machines can't reach",
      })
  void wrongListIsRefusedWithWhatIsWrong(int node, String voters, String what) {
    assertThatThrownBy(() -> NodeVoters.of(config(node, voters)))
        .isInstanceOf(StartException.class)
        .hasMessageStartingWith("quorum.voters: ")
        .hasMessageContaining(what);
  }

  @Test
  void nodeThatIsNotNamedDoesNotBeginACluster() {
    assertThatThrownBy(() -> NodeVoters.of(config(1, "2@b,3@c")).requireOwn())
        .isInstanceOf(StartException.class)
        .hasMessageContaining("node 1 is not among")
        .hasMessageContaining("millrace format --cluster-id ID --node-id 1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {"1@localhost,2@b", "1@localhost,2@b,3@c,4@d"})
  void clusterDoesNotBeginWithAnEvenNumber(String voters) {
    assertThatThrownBy(() -> NodeVoters.of(config(1, voters)).requireSoundNumber())
        .isInstanceOf(StartException.class)
        .hasMessageContaining("(expected: 1, 3, 5 or 7");
  }

  private static EffectiveConfig config(int node, String voters) {
    return EffectiveConfig.builder(BrokerSettings.SCHEMA)
        .flags("test", List.of("node.id=" + node, "quorum.voters=" + voters))
        .build();
  }
}
