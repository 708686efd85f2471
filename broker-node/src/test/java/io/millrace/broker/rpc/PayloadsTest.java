package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class PayloadsTest {
  @Test
  void ownedBytesAreTheMessagesOwnAndCanBeWrittenTo() {
    byte[] array = {9, 1, 2, 3};
    ByteString bytes = UnsafeByteOperations.unsafeWrap(array, 1, 3);
    ByteBuffer owned = Payloads.owned(bytes);
    assertThat(owned.remaining()).isEqualTo(3);
    assertThat(owned.isReadOnly()).isFalse();
    owned.put(0, (byte) 7);
    assertThat(array).containsExactly(9, 7, 2, 3);
  }

  @Test
  void bytesInSeveralPiecesAreCopiedIntoOne() {
    ByteString rope =
        ByteString.copyFrom(new byte[1_000]).concat(ByteString.copyFrom(new byte[] {1, 2}));
    ByteBuffer owned = Payloads.owned(rope);
    assertThat(owned.remaining()).isEqualTo(1_002);
    assertThat(owned.get(1_001)).isEqualTo((byte) 2);
    assertThat(Payloads.owned(ByteString.EMPTY).remaining()).isZero();
  }
}
