package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InFlightBytesTest {
  private final InFlightBytes total = InFlightBytes.total(100);
  private final InFlightBytes one = total.child(60);
  private final InFlightBytes other = total.child(60);
  private final List<String> woken = new ArrayList<>();

  @Test
  void aChildsBytesCountInTheTotal() {
    one.add(50);
    other.add(40);
    assertThat(total.used()).isEqualTo(90);
    assertThat(one.fits(10)).isTrue();
    assertThat(one.fits(11)).isFalse();
    one.release(50);
    assertThat(one.fits(60)).isTrue();
  }

  @Test
  void aRequestLargerThanTheBoundFitsWhenNothingElseIsInFlight() {
    assertThat(one.fits(500)).isTrue();
    one.add(1);
    assertThat(one.fits(500)).isFalse();
  }

  @Test
  void whoWaitsIsWokenWhenBothBudgetsAreFree() {
    one.add(60);
    other.add(45);
    one.whenFree(() -> woken.add("one"));
    other.whenFree(() -> woken.add("other"));
    assertThat(woken).isEmpty();
    one.release(1);
    assertThat(woken).isEmpty();
    other.release(10);
    assertThat(woken).containsExactlyInAnyOrder("one", "other");
    one.whenFree(() -> woken.add("at once"));
    assertThat(woken).contains("at once");
  }

  @Test
  void releasingMoreThanWasAddedIsADefect() {
    one.add(5);
    assertThatThrownBy(() -> one.release(6)).isInstanceOf(IllegalStateException.class);
  }
}
