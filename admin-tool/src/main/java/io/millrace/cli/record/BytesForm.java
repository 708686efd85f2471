package io.millrace.cli.record;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;

/** How bytes are written in text. */
public enum BytesForm {
  /** As they are. */
  text,
  /** Two digits a byte, small or capital; written small. */
  hex,
  /** Base64 of RFC 4648, section 4. */
  base64;

  /**
   * Reads bytes.
   *
   * @param what whose they are, for the message
   * @throws BadRecordException if they are not of this form
   */
  byte[] decode(String what, byte[] bytes) {
    try {
      return switch (this) {
        case text -> bytes;
        case hex -> HexFormat.of().parseHex(ascii(bytes));
        case base64 -> Base64.getDecoder().decode(bytes);
      };
    } catch (IllegalArgumentException e) {
      String expected = this == hex ? "hex, two digits a byte" : "base64";
      throw new BadRecordException(
          what
              + ": "
              + BadRecordException.shown(new String(bytes, StandardCharsets.UTF_8))
              + " (expected: "
              + expected
              + ")");
    }
  }

  byte[] encode(byte[] bytes) {
    return switch (this) {
      case text -> bytes;
      case hex -> HexFormat.of().formatHex(bytes).getBytes(StandardCharsets.US_ASCII);
      case base64 -> Base64.getEncoder().encode(bytes);
    };
  }

  private static String ascii(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
