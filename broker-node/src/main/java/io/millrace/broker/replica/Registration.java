package io.millrace.broker.replica;

/** Something that was registered and can be taken back. Thread-safe; taken back twice is once. */
public interface Registration extends AutoCloseable {
  /** Takes it back; a call under way on another thread may still come through. */
  @Override
  void close();
}
