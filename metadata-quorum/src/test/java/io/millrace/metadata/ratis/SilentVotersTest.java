package io.millrace.metadata.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.UUID;
import org.apache.ratis.protocol.RaftPeerId;
import org.junit.jupiter.api.Test;

final class SilentVotersTest {
  private static final RaftPeerId SECOND = Peers.id(2, new UUID(0, 2));
  private static final RaftPeerId THIRD = Peers.id(3, new UUID(0, 3));

  private final SilentVoters voters = new SilentVoters();

  @Test
  void aVoterIsToldOfOnceWhenItFallsSilentAndOnceWhenItIsBack() {
    assertThat(voters.look(Map.of(SECOND, 4_999L, THIRD, 20L))).isEmpty();
    assertThat(voters.look(Map.of(SECOND, 5_100L, THIRD, 20L)))
        .containsExactly("voter 2 has not been heard of for 5100 ms");
    assertThat(voters.look(Map.of(SECOND, 60_000L, THIRD, 20L))).isEmpty();
    assertThat(voters.look(Map.of(SECOND, 10L, THIRD, 7_000L)))
        .containsExactly("voter 2 is back", "voter 3 has not been heard of for 7000 ms");
  }

  @Test
  void aNodeThatNoLongerLeadsForgetsThem() {
    voters.look(Map.of(SECOND, 6_000L));
    assertThat(voters.look(Map.of())).isEmpty();
    assertThat(voters.look(Map.of(SECOND, 10L))).isEmpty();
  }
}
