package io.millrace.cli.record;

/** Backslash escapes in options: \n, \t, \r, \0 and \\. */
public final class Escapes {
  private Escapes() {}

  /** Text with its escapes put in; others are kept as they are. */
  public static String decode(String text) {
    StringBuilder decoded = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length()) {
        decoded.append(escaped(text.charAt(++i)));
      } else {
        decoded.append(c);
      }
    }
    return decoded.toString();
  }

  private static String escaped(char c) {
    return switch (c) {
      case 'n' -> "\n";
      case 't' -> "\t";
      case 'r' -> "\r";
      case '0' -> "\0";
      case '\\' -> "\\";
      default -> "\\" + c;
    };
  }
}
