package io.millrace.metadata.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.ratis.Heirs.Candidate;
import java.util.List;
import org.apache.ratis.protocol.RaftPeerId;
import org.junit.jupiter.api.Test;

class HeirsTest {
  private static final RaftPeerId A = RaftPeerId.valueOf("a");
  private static final RaftPeerId B = RaftPeerId.valueOf("b");
  private static final RaftPeerId C = RaftPeerId.valueOf("c");

  @Test
  void aVoterThatIsGoneGetsNothing() {
    assertThat(
            Heirs.inOrder(
                List.of(
                    new Candidate(A, 30_000, 99),
                    new Candidate(B, 400, 98),
                    new Candidate(C, -1, -1))))
        .containsExactly(B);
  }

  @Test
  void theOneThatHasMostOfTheLogIsFirst() {
    assertThat(
            Heirs.inOrder(
                List.of(
                    new Candidate(A, 10, 7), new Candidate(B, 400, 9), new Candidate(C, 20, 9))))
        .containsExactly(C, B, A);
  }
}
