package io.millrace.broker.log.dir;

/**
 * Why a data directory went offline: the first failure, later ones are its consequences.
 *
 * @param what what was done when it failed
 * @param cause the error
 */
public record DataDirFailure(String what, Throwable cause) {
  @Override
  public String toString() {
    return what + ": " + cause;
  }
}
