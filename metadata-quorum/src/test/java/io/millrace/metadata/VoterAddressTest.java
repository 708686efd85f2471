package io.millrace.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.image.Endpoint;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class VoterAddressTest {
  @Test
  void namesNodeHostAndBothPorts() {
    assertThat(VoterAddress.parse("2@node-2:7000:7001"))
        .isEqualTo(new VoterAddress(2, new Endpoint("node-2", 7000), new Endpoint("node-2", 7001)));
    assertThat(VoterAddress.parse("1@10.0.0.1"))
        .isEqualTo(
            new VoterAddress(1, new Endpoint("10.0.0.1", 9652), new Endpoint("10.0.0.1", 9651)));
    assertThat(VoterAddress.parse("3@[::1]:7000:7001").quorum())
        .isEqualTo(new Endpoint("::1", 7000));
    assertThat(VoterAddress.parse("3@[::1]").internal()).isEqualTo(new Endpoint("::1", 9651));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1@a:1:2", "7@[fe80::1]:9652:9651"})
  void isReadAgainAsItIsWritten(String text) {
    assertThat(VoterAddress.parse(text)).hasToString(text);
    QuorumVoter voter = new QuorumVoter(new UUID(1, 2), VoterAddress.parse(text));
    assertThat(QuorumVoter.parse(voter.toString())).isEqualTo(voter);
  }

  @ParameterizedTest
  @CsvSource({
    "node-1, no node id before an @",
    "@node-1, no node id before an @",
    "0@node-1, 0 is no number from 1",
    "x@node-1, x is no number from 1",
    "1@, no host after the @",
    "1@:1:2, no host after the @",
    "1@a:9652, one port",
    "1@a:1:2:3, one port",
    "1@a:0:2, 0 is no number from 1 to 65535",
    "1@a:1:70000, 70000 is no number from 1 to 65535",
    "1@a:5:5, both ports are the same",
    "1@[::1:5:6, a bracket is not closed",
  })
  void saysWhatIsWrong(String text, String what) {
    assertThatThrownBy(() -> VoterAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(what);
  }
}
