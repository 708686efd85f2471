package io.millrace.broker.log;

import java.io.IOException;

/**
 * The disk as a cleaning sees it where it writes what counts for nothing yet. Want of room there is
 * no failure of the disk but the end of the cleaning. Some room is left to those who append
 * meanwhile: for them a full disk is a failure. Thread-safe.
 */
final class CleaningDisk extends LogDisk {
  /** What a cleaning leaves of the disk's room, in bytes. */
  static final long RESERVE_BYTES = 64L << 20;

  private final LogDisk disk;

  CleaningDisk(LogDisk disk) {
    super(disk.store(), disk.directory());
    this.disk = disk;
  }

  /**
   * To be called before bytes are written.
   *
   * @throws CleaningEndedException if the disk would not have the reserve left then
   */
  void requireRoom(long bytes) {
    long room;
    try {
      room = room();
    } catch (IOException e) {
      throw disk.failed("look for room", e);
    }
    if (room - RESERVE_BYTES < bytes) {
      throw new CleaningEndedException(
          "room on the disk: %d bytes (expected: at least %d, and %d beside)"
              .formatted(room, bytes, RESERVE_BYTES));
    }
  }

  /**
   * A failure of the disk.
   *
   * @throws CleaningEndedException if it was but want of room
   */
  @Override
  LogDirException failed(String what, IOException e) {
    if (isWantOfRoom(e)) {
      throw new CleaningEndedException("no room on the disk to " + what + ": " + e.getMessage());
    }
    return disk.failed(what, e);
  }

  /** The system's words for it depend on its language; a disk without any room needs none. */
  private boolean isWantOfRoom(IOException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("No space left on device")
        || message.contains("Disk quota exceeded")
        || isFull();
  }

  private boolean isFull() {
    try {
      return room() == 0;
    } catch (IOException unknown) {
      return false;
    }
  }

  private long room() throws IOException {
    return store().usableSpace(directory());
  }
}
