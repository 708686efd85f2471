package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.netty.shaded.io.netty.buffer.ByteBuf;
import io.millrace.broker.rpc.wire.TransportAllocator;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TransportMemoryTest {
  private static final int MESSAGE_BYTES = (512 << 10) + 100;

  private final TransportAllocator memory = TransportMemory.create();

  @Test
  void keepsTheMemoryOfFetchMessagesForTheNext() {
    List<ByteBuf> messages = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      messages.add(memory.buffer(MESSAGE_BYTES, MESSAGE_BYTES));
    }
    long used = memory.metric().usedDirectMemory();
    assertThat(used).isBetween(4L * MESSAGE_BYTES, 20L << 20);

    messages.forEach(ByteBuf::release);

    assertThat(memory.metric().usedDirectMemory()).isEqualTo(used);
  }
}
