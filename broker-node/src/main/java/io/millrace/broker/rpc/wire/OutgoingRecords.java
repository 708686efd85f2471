package io.millrace.broker.rpc.wire;

import io.grpc.netty.shaded.io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Memory of one message: records, and room before them for what the message begins with, so that
 * the transport can take all of it as it is. Confined to the thread that reads and sends.
 *
 * <p>The transport gives the memory back when it has written the message or dropped it. Until it
 * takes it, that is up to {@link #release}.
 */
public final class OutgoingRecords {
  /** The most bytes of records: the transport asks for no more than 1 MiB at a time. */
  public static final int MAX_BYTES = (1 << 20) - OutgoingRecords.ROOM_BEFORE;

  /** For gRPC's frame header and the fields before the records. */
  private static final int ROOM_BEFORE = 128;

  private static final int FRAME_HEADER_BYTES = 5;

  /**
   * A small message is copied, and so is one that leaves more than half of its memory unused: what
   * is held must not be much more than what is counted.
   */
  private static final int LEAST_BYTES = 16_384;

  private enum State {
    HELD,
    OFFERED,
    TAKEN,
    RELEASED
  }

  private final TransportAllocator allocator;
  private final ByteBuf buffer;
  private final ByteBuffer room;
  private State state = State.HELD;

  /** What a request for memory for the message asks for; once it is offered. */
  private int frameBytes;

  /**
   * Takes memory.
   *
   * @param bytes of records, at most {@link #MAX_BYTES}
   */
  public OutgoingRecords(TransportAllocator allocator, int bytes) {
    this.allocator = allocator;
    this.buffer = allocator.directBuffer(ROOM_BEFORE + bytes, ROOM_BEFORE + bytes);
    this.room = buffer.nioBuffer(ROOM_BEFORE, bytes);
  }

  /**
   * The memory for records. Not to be touched after the release, nor written to once it is sent.
   */
  public ByteBuffer room() {
    return room;
  }

  /**
   * Offers the memory to the transport, for the message that this thread is about to send.
   *
   * @param prefixBytes the message's bytes before the records
   * @param records the records of the message: only if they are in {@link #room}, from its start
   */
  @SuppressWarnings("ReferenceEquality") // The same memory, not the same bytes.
  void offer(int prefixBytes, List<ByteBuffer> records) {
    int before = FRAME_HEADER_BYTES + prefixBytes;
    if (state == State.HELD
        && records.size() == 1
        && records.get(0) == room
        && room.position() == 0
        && room.remaining() >= LEAST_BYTES
        && room.remaining() >= room.capacity() / 2
        && before <= ROOM_BEFORE) {
      frameBytes = before + room.remaining();
      buffer.setIndex(ROOM_BEFORE - before, ROOM_BEFORE - before);
      state = State.OFFERED;
      allocator.offer(this);
    }
  }

  /** Whether this is the memory that is asked for; the transport has it from then on. */
  boolean takeAs(int bytes) {
    if (state != State.OFFERED || bytes != frameBytes) {
      return false;
    }
    state = State.TAKEN;
    return true;
  }

  boolean isTaken() {
    return state == State.TAKEN;
  }

  ByteBuf buffer() {
    return buffer;
  }

  /** The transport has written all before the records: these follow, and are there. */
  void recordsFollow() {
    if (state != State.TAKEN || buffer.writerIndex() != ROOM_BEFORE) {
      throw new IllegalStateException(
          "records of a message that is %s and has come to byte %d (expected: TAKEN, %d)"
              .formatted(state, buffer.writerIndex(), ROOM_BEFORE));
    }
    buffer.writerIndex(ROOM_BEFORE + room.remaining());
  }

  /** The message is not needed any more; the memory is free unless the transport has it. */
  public void release() {
    if (state == State.HELD || state == State.OFFERED) {
      allocator.withdraw(this);
      state = State.RELEASED;
      buffer.release();
    }
  }
}
